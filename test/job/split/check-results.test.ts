import t from 'tap'
import { checkResults } from '../../../lib/job/split/check-results.js'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

t.test('wants all pieces of one plan, by one encoder, with one header', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  const chunks = await Promise.all(made.chunks.map((_, n) => encodeChunk(made, n, { client })))
  const audio = await encodeAudio(made, { client })
  t.same(checkResults(made, [audio, ...[...chunks].reverse()]), { chunks, audio, images: undefined })
  t.throws(() => checkResults(made, [audio, chunks[0]]), {
    ...{
      code: 'AVIO_ERR_PLAN_GAP',
      piece: 'chunk-00001',
      message: /no result of 1 of 3 pieces: chunk-00001/,
    },
  })
  const [first, second] = chunks
  const check = (changed: object) => () => checkResults(made, [audio, first, { ...second, ...changed }])
  const rendition = second!.renditions[0]!
  t.throws(check({ fingerprint: { ...second!.fingerprint, build: 'x' } }), { code: 'AVIO_ERR_PLAN_MIXED' })
  t.throws(check({ renditions: [{ ...rendition, init: { ...rendition.init, sha256: 'x' } }] }), {
    code: 'AVIO_ERR_PLAN_MIXED',
    piece: 'chunk-00001',
  })
  t.throws(check({ plan: 'x' }), { code: 'AVIO_ERR_PLAN_INVALID' })
  t.throws(check({ renditions: first!.renditions }), { code: 'AVIO_ERR_PLAN_GAP' })
})
