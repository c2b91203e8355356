import t, { type Test } from 'tap'
import { claimName } from '../../../lib/hls/run-claim.js'
import { claimRun, releaseRun } from '../../../lib/job/split/claim-run.js'
import { encodePiece } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import { removeWork } from '../../../lib/job/split/remove-work.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { AS_MP4, splitSource } from '../../support/split.js'
import { ladder, openPackage } from '../../support/split-package.js'

const KEY = `split/${claimName('r')}`

async function open(t: Test) {
  const opened = await openPackage(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const store = new WorkStore({ client: opened.client })
  const hasClaim = () => opened.s3.keys('web').includes(KEY)
  return { ...opened, store, hasClaim }
}

t.test('a plan has its named run from the first piece to the removal of its work', async t => {
  const { client, plan, pieces, hasClaim, s3 } = await open(t)
  const made = await plan({ run: 'r' })
  await encodePiece(made, 0, { client })
  t.ok(hasClaim())
  const other = await plan({ run: 'r', renditions: ladder({ more: ['-qp', '40'] }) })
  t.not(other.hash, made.hash)
  const before = s3.keys('web')
  for (const piece of [0, 'audio'] as const)
    await t.rejects(encodePiece(other, piece, { client }), {
      ...{ code: 'AVIO_ERR_OPTION', option: 'run', message: /choose another name/ },
    })
  t.same(s3.keys('web'), before, 'nothing of another plan was stored')
  const results = await pieces(made)
  t.ok((await joinChunks(made, results, { client })).package)
  await removeWork(other, { client })
  t.ok(hasClaim(), 'only its own plan gives it up')
  await removeWork(made, { client })
  t.notOk(hasClaim())
})

t.test('a plan that is given up gives up its run', async t => {
  const { client, plan, hasClaim, s3 } = await open(t)
  const made = await plan({ run: 'r' })
  await encodePiece(made, 0, { client })
  await removeWork(made, { client })
  t.notOk(hasClaim())
  t.same(s3.keys('web'), [])
})

t.test('a join takes the run as well, and only from nobody', async t => {
  const { client, plan, pieces, store, s3, hasClaim } = await open(t)
  const made = await plan({ run: 'r' })
  const results = await pieces(made)
  t.equal(await releaseRun(made, made.output, store), 1)
  await s3.put('web', KEY, 'of others')
  await t.rejects(joinChunks(made, results, { client }), { code: 'AVIO_ERR_OPTION', option: 'run' })
  t.notOk(
    s3.keys('web').some(key => /index\.m3u8|init\.mp4/.test(key)),
    'nothing has changed',
  )
  t.equal(await releaseRun(made, made.output, store), 0)
  s3.delete('web', KEY)
  await joinChunks(made, results, { client })
  t.ok(hasClaim())
})

t.test('a run that is named after its plan needs no claim', async t => {
  const { plan, store, s3 } = await open(t)
  const made = await plan()
  s3.clearCalls()
  await claimRun(made, made.output, store)
  t.equal(await releaseRun(made, made.output, store), 0)
  t.same(s3.calls, [])
})
