import t from 'tap'
import { encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { removePieces } from '../../../lib/job/split/remove-pieces.js'
import { workPrefix } from '../../../lib/job/split/split-plan.js'
import { storePlan } from '../../../lib/job/split/stored-plan.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

t.test('removes results before media, and the plan last, so that a removal can be repeated', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  const { bucket, key } = await storePlan(made, { client })
  await encodeChunk(made, 0, { client })
  await s3.put('work', 'pieces/other', 'x')
  s3.fault({ operation: 'DeleteObject', key, status: 403, code: 'AccessDenied' })
  await t.rejects(removePieces(bucket, workPrefix(made), { client }), { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.same(left(), [key, 'pieces/other'])
  t.equal(await removePieces(bucket, workPrefix(made), { client }), 1)
  t.same(left(), ['pieces/other'])
})
