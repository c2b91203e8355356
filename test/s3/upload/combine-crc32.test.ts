import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { combineAllCrc32, combineCrc32, formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'

t.test('combines the checksums of two pieces, wherever the whole is cut', async t => {
  const whole = randomBytes(300)
  for (let cut = 0; cut <= whole.length; cut++) {
    const [first, second] = [whole.subarray(0, cut), whole.subarray(cut)]
    if (combineCrc32(crc32(first), crc32(second), second.length) !== crc32(whole)) t.fail(`cut at ${cut}`)
  }
  t.equal(combineCrc32(crc32(''), crc32(whole), whole.length), crc32(whole))
})

t.test('combines the checksums of many pieces of different sizes', async t => {
  const pieces = [0, 1, 65_536, 5_000_000, 3, 0, 1_048_576].map(size => randomBytes(size))
  const whole = crc32(Buffer.concat(pieces))
  t.equal(combineAllCrc32(pieces.map(piece => ({ crc32: crc32(piece), size: piece.length }))), whole)
  t.equal(combineAllCrc32([]), 0, '0 without pieces')
})

t.test('counts lengths past 32 bits in full', async t => {
  // Zeros shift the sum before them: 2³³ + 5 zeros at once equal 2³² and then 2³² + 5.
  const zeros = (length: number) => combineCrc32(crc32('head'), 0, length)
  const [half, rest] = [2 ** 32, 2 ** 32 + 5]
  t.equal(zeros(half + rest), combineCrc32(zeros(half), 0, rest))
  t.not(zeros(2 ** 32 + 5), zeros(5))
})

t.test('formats a checksum like S3', async t => {
  t.equal(crc32('123456789'), 0xcbf43926, 'the check value of CRC-32')
  t.equal(formatCrc32(0xcbf43926), 'y/Q5Jg==')
  t.equal(formatCrc32(0), 'AAAAAA==')
})
