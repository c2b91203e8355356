import t from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { finishedPieces } from '../../../lib/job/split/finished-pieces.js'
import { storePlan } from '../../../lib/job/split/stored-plan.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

t.test('are those with a result: media without one, and the plan, do not count', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const store = new WorkStore({ client })
  const made = await plan()
  await storePlan(made, { client })
  t.same([...(await finishedPieces(made, store))], [])
  s3.fault({ operation: 'PutObject', key: /chunk-00000\.json$/, status: 403 })
  await t.rejects(encodeChunk(made, 0, { client }))
  await encodeChunk(made, 1, { client })
  await encodeAudio(made, { client })
  s3.clearCalls()
  t.same([...(await finishedPieces(made, store))], ['audio', 1])
  t.equal(s3.calls.length, 1)
})
