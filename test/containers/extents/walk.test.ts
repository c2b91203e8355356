import t from 'tap'
import { further, isUnknown32, isUnknown64, u64be, u64le } from '../../../lib/containers/extents/walk.js'

t.test('recognizes placeholder sizes written to a pipe', async t => {
  for (const size of [0, 0x7fff0000, 0x7ffff000, 0x7fffffff, 0x80000000, 0xfffffff7, 0xffffffff]) {
    t.ok(isUnknown32(size), size.toString(16))
    t.ok(isUnknown64(size) || size === 0xfffffff7 - 2 ** 31, size.toString(16))
  }
  for (const size of [1, 1000, 0x7ffeffff]) t.notOk(isUnknown32(size), size.toString(16))
  for (const size of [1, 0x7ffeffff, 0x90000000, 2 ** 33]) t.notOk(isUnknown64(size), size.toString(16))
  for (const size of [2 ** 53, 2 ** 63, 2 ** 64]) t.ok(isUnknown64(size), size.toString(16))
})

t.test('keeps the larger claim', async t => {
  const [near, far] = [
    { end: 1, by: 'a' },
    { end: 2, by: 'b' },
  ]
  t.equal(further(near, far), far)
  t.equal(further(far, near), far)
  t.equal(further(undefined, near), near)
  t.equal(further(near, undefined), near)
})

t.test('reads 64-bit numbers', async t => {
  const bytes = Buffer.from('0102030405060708', 'hex')
  t.equal(u64be(bytes, 0), Number(bytes.readBigUInt64BE()))
  t.equal(u64le(bytes, 0), Number(bytes.readBigUInt64LE()))
})
