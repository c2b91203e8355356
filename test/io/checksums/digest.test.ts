import t from 'tap'
import { createDigest, type DigestAlgorithm } from '../../../lib/io/checksums/digest.js'

/** The published check values for "123456789". */
const SUMS: Record<DigestAlgorithm, string> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  MD5: '25f9e794323b453885f5181f1b624d0b',
}

t.test('computes each algorithm, however the bytes are cut', t => {
  const bytes = Buffer.from('123456789')
  for (const [algorithm, sum] of Object.entries(SUMS)) {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const digest = createDigest(algorithm as DigestAlgorithm)
      digest.update(bytes.subarray(0, cut))
      digest.update(bytes.subarray(cut))
      t.equal(digest.digest().toString('hex'), sum, `${algorithm}, cut at ${cut}`)
    }
  }
  t.end()
})
