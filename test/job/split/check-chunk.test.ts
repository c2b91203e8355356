import t from 'tap'
import { checkChunk } from '../../../lib/job/split/check-chunk.js'
import { encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'
import { ladder, openPackage } from '../../support/split-package.js'

t.test('holds a chunk against the plan', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  const result = await encodeChunk(made, 1, { client })
  const [rendition] = result.renditions
  const [track] = rendition!.tracks
  checkChunk(made, 1, result)
  for (const wrong of [{ samples: 47 }, { startTicks: 0 }, { durationTicks: 47 * 1001 }]) {
    const renditions = [{ ...rendition!, tracks: [{ ...track!, ...wrong }] }]
    t.throws(() => checkChunk(made, 1, { ...result, renditions }), {
      ...{ code: 'AVIO_ERR_PLAN_GAP', piece: 'chunk-00001', plan: made.hash },
    })
  }
})

t.test('holds each rendition of a package, and its segments, against the plan', async t => {
  const { client, plan } = await openPackage(t, await splitSource({ more: AS_MP4 }))
  const made = await plan({ targetDuration: 1, renditions: ladder({ gop: 24 }) })
  const result = await encodeChunk(made, 1, { client })
  checkChunk(made, 1, result)
  const [big, small] = result.renditions
  t.equal(small!.segments!.spans.length, 2)
  const spans = small!.segments!.spans
  const [first, second] = spans
  for (const wrong of [
    [first!],
    [...spans, second!],
    [first!, { ...second!, startTicks: second!.startTicks + 1001 }],
  ]) {
    const changed = { ...small!, segments: { ...small!.segments!, spans: wrong } }
    t.throws(() => checkChunk(made, 1, { ...result, renditions: [big!, changed] }), {
      ...{ code: 'AVIO_ERR_PLAN_GAP', message: /chunk-00001 of "small" has \d segments/ },
    })
  }
  const short = { ...small!, tracks: [{ ...small!.tracks[0]!, samples: 47 }] }
  t.throws(() => checkChunk(made, 1, { ...result, renditions: [big!, short] }), {
    ...{ code: 'AVIO_ERR_PLAN_GAP', message: /"small" has 47 frames/ },
  })
})
