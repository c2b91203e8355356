import t from 'tap'
import { combineCrc, crc32, crc32c, crc64nvme, CRC_KINDS } from '../../../lib/io/checksums/crc.js'
import { patterned } from '../../testing/patterned.js'

const bytes = patterned(5000)
const kinds = {
  CRC32: (chunk: Buffer, crc: bigint) => BigInt(crc32(chunk, Number(crc))),
  CRC32C: (chunk: Buffer, crc: bigint) => BigInt(crc32c(chunk, Number(crc))),
  CRC64NVME: crc64nvme,
}

t.test('matches the catalogued check values', async t => {
  const check = Buffer.from('123456789')
  t.equal(crc32(check, 0), 0xcbf43926)
  t.equal(crc32c(check, 0), 0xe3069283)
  t.equal(crc64nvme(check, 0n), 0xae8b14860a799888n)
})

for (const [name, crc] of Object.entries(kinds)) {
  const kind = CRC_KINDS[name as keyof typeof kinds]
  const whole = crc(bytes, 0n)

  t.test(`computes the same ${name} wherever the bytes are cut`, async t => {
    const cuts = [...Array(40).keys(), 4999, 5000]
    t.same(
      cuts.map(cut => crc(bytes.subarray(cut), crc(bytes.subarray(0, cut), 0n))),
      cuts.map(() => whole),
    )
  })

  t.test(`combines the ${name} of two pieces`, async t => {
    for (const cut of [0, 1, 7, 8, 255, 256, 2500, 4999, 5000]) {
      const [a, b] = [bytes.subarray(0, cut), bytes.subarray(cut)]
      t.equal(combineCrc(kind, crc(a, 0n), crc(b, 0n), b.length), whole, `cut at ${cut}`)
    }
  })

  t.test(`combines the ${name} of pieces larger than memory`, async t => {
    // 2³³ + 1 zeros after A, in one step and in two.
    const a = crc(bytes, 0n)
    const zeros = (length: number) => combineCrc(kind, 0n, 0n, length)
    t.equal(zeros(2 ** 33), 0n, 'the CRC of zeros stays zero')
    const oneStep = combineCrc(kind, a, 0n, 2 ** 33 + 1)
    const twoSteps = combineCrc(kind, combineCrc(kind, a, 0n, 2 ** 33), 0n, 1)
    t.equal(oneStep, twoSteps)
  })
}
