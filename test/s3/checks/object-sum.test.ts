import { createHash } from 'node:crypto'
import t from 'tap'
import { createDigest, type DigestAlgorithm } from '../../../lib/io/checksums/digest.js'
import { ObjectSum } from '../../../lib/s3/checks/object-sum.js'
import { pattern } from '../../support/reading.js'

const bytes = pattern(0, 300)
const ALGORITHMS: DigestAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'MD5']

/** The checksum of `of`, added in pieces of `step` bytes. */
function sum(rule: ConstructorParameters<typeof ObjectSum>[0], step: number, of = bytes): string {
  const own = new ObjectSum(rule)
  for (let at = 0; at < of.length; at += step) own.add(of.subarray(at, at + step))
  return own.value()
}

function digestOf(algorithm: DigestAlgorithm, of: Buffer): Buffer {
  const digest = createDigest(algorithm)
  digest.update(of)
  return digest.digest()
}

t.test('computes the checksum of the whole, or of the part checksums, for any chunk size', t => {
  const sizes = [100, 1, 0, 99, 100]
  for (const algorithm of ALGORITHMS) {
    const encoding = algorithm === 'MD5' ? 'hex' : 'base64'
    const parts = sizes.map((size, n) => {
      const start = sizes.slice(0, n).reduce((all, one) => all + one, 0)
      return digestOf(algorithm, bytes.subarray(start, start + size))
    })
    const whole = digestOf(algorithm, bytes).toString(encoding)
    const composite = digestOf(algorithm, Buffer.concat(parts)).toString(encoding)
    for (const step of [1, 7, 99, 100, 101, 300]) {
      t.equal(sum({ algorithm }, step), whole, `${algorithm} by ${step}`)
      t.equal(sum({ algorithm, partSizes: sizes }, step), composite, `${algorithm} of parts by ${step}`)
    }
  }
  const md5s = [bytes.subarray(0, 200), bytes.subarray(200)].map(part =>
    createHash('md5').update(part).digest(),
  )
  const etag = createHash('md5').update(Buffer.concat(md5s)).digest('hex')
  t.equal(sum({ algorithm: 'MD5', partSizes: [200, 100] }, 64), etag)
  t.end()
})

t.test('detects every flipped bit of every byte, with each algorithm', t => {
  for (const algorithm of ALGORITHMS) {
    for (const partSizes of [undefined, [150, 150], [1, 298, 1]]) {
      const good = sum({ algorithm, partSizes }, 64)
      for (let at = 0; at < bytes.length; at++) {
        const turned = Buffer.from(bytes)
        turned[at]! ^= 1 << (at % 8)
        if (sum({ algorithm, partSizes }, 64, turned) === good) t.fail(`${algorithm}: byte ${at}`)
      }
    }
  }
  t.end()
})
