import t from 'tap'
import { boxPart, bytesPart, columnPart, numbersPart, writeLong } from '../../../lib/mp4/boxes/box-writer.js'
import { box, u32, u64 } from '../../support/fmp4.js'

t.test('writes exactly as many bytes as each part states', t => {
  const part = boxPart('abcd', [
    bytesPart(Buffer.from('xyz')),
    boxPart('efgh', [numbersPart(1, -1)]),
    columnPart(3, () => [7, 8, 0xffffffff]),
  ])
  const expected = box('abcd', 'xyz', box('efgh', u32(1, 0xffffffff)), u32(7, 8, 0xffffffff))
  t.equal(part.size, expected.length)
  const to = Buffer.alloc(part.size + 2, 9)
  part.write(to, 1)
  t.same(to, Buffer.concat([Buffer.of(9), expected, Buffer.of(9)]))
  t.end()
})

t.test('writes 64-bit numbers', t => {
  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    const to = Buffer.alloc(8)
    t.equal(writeLong(to, value, 0), 8)
    t.same(to, u64(value))
  }
  t.end()
})
