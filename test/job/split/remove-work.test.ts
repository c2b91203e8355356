import t from 'tap'
import { encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { removeWork } from '../../../lib/job/split/remove-work.js'
import { storePlan } from '../../../lib/job/split/stored-plan.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

t.test('removes what lies below the prefix of the plan, and nothing else', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  await storePlan(made, { client })
  await encodeChunk(made, 0, { client })
  await s3.put('work', 'pieces/other', 'x')
  // A worker that died in the middle.
  const dead = new S3MultipartWritable({ client, bucket: 'work', key: `pieces/${made.hash}/audio/dead.mp4` })
  dead.on('error', () => undefined)
  dead.write(Buffer.alloc(9 * 1024 * 1024))
  await new Promise(resolve => dead.once('part', resolve))
  s3.clearCalls()
  t.equal(await removeWork(made, { client }), 3)
  t.same(left(), ['pieces/other'])
  const removed = s3.calls.flatMap(({ operation, key = '' }) => (operation === 'DeleteObject' ? [key] : []))
  const order = [/chunk-00000\.json$/, /\.mp4$/, /plan-\w+\.json$/]
  t.match(removed, order, 'the result goes first, and the plan, by which the removal can be repeated, last')
  t.equal(await removeWork(made, { client }), 0, 'again')
  dead.destroy()
  await dead.result.catch(() => undefined)
  await t.rejects(removeWork({ ...made, hash: '' }, { client }), { code: 'AVIO_ERR_PLAN_INVALID' })
})
