import t from 'tap'
import { HeadWalk } from '../../../lib/ffmpeg/input/metadata-walk.js'
import { MAX_PROOF_BYTES, OTHER, SAME, open } from '../../../lib/ffmpeg/route/pipe-proof.js'
import { pipeProof } from '../../../lib/ffmpeg/route/piped-containers.js'

/** The first bytes of an ID3v2 tag of a given length. */
function tagOf(length: number): Buffer {
  const head = Buffer.alloc(64)
  head.write('ID3\x04', 'latin1')
  for (const [n, at] of [6, 7, 8, 9].entries()) head[at] = ((length - 10) >> (21 - 7 * n)) & 127
  return head
}

t.test('asks for more of a head up to 8 MiB, and gives up beyond that', async t => {
  const proofOf = (length: number) => pipeProof(tagOf(length), undefined, new HeadWalk())
  t.same(proofOf(1000), open(1016))
  t.same(proofOf(MAX_PROOF_BYTES - 16), open(MAX_PROOF_BYTES))
  t.same(proofOf(MAX_PROOF_BYTES), OTHER)
  t.not(SAME.kind, OTHER.kind)
})
