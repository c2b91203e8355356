import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { WholeBody } from '../../../lib/hls/storage/whole-body.js'
import { KiB } from '../../../lib/options.js'

const data = randomBytes(300 * KiB)

/** `data` in chunks of `size`. */
function bodyOf(size: number, limit = data.length): WholeBody {
  const body = new WholeBody(limit)
  for (let from = 0; from < data.length; from += size) t.ok(body.append(data.subarray(from, from + size)))
  return body
}

t.test('the bytes and their sums do not depend on how they were cut', async t => {
  for (const size of [data.length, 999, 64 * KiB, 256 * KiB]) {
    const body = bodyOf(size, 1024 * KiB)
    t.equal(body.size, data.length)
    t.ok(body.bytes.equals(data), `cut every ${size} bytes`)
    t.ok(Buffer.concat([...body.slices()]).equals(data))
    t.ok([...body.slices()].every(slice => slice.length <= 256 * KiB))
    t.equal(body.crc32, crc32(data))
    t.ok(body.digest('md5').equals(createHash('md5').update(data).digest()))
  }
})

t.test('what is written later is in the sum', async t => {
  const body = new WholeBody(10)
  body.append(Buffer.from('ab'))
  t.equal(body.crc32, crc32('ab'))
  body.append(Buffer.from('cd'))
  t.equal(body.crc32, crc32('abcd'))
})

t.test('the body is a copy', async t => {
  const chunk = Buffer.from('abc')
  const body = new WholeBody(10)
  body.append(chunk)
  chunk.fill(0)
  t.equal(String(body.bytes), 'abc')
})

t.test('a body takes its limit and not a byte more, and holds what it had', async t => {
  const body = bodyOf(64 * KiB)
  t.equal(body.append(Buffer.from([1])), false)
  t.ok(body.bytes.equals(data))
  t.ok(body.append(Buffer.alloc(0)))
})

t.test('memory is that of one chunk, or less than twice the body and within the limit', async t => {
  const memory = (body: WholeBody) => body.bytes.buffer.byteLength
  t.equal(memory(bodyOf(data.length, 1024 * KiB)), data.length)
  t.ok(memory(bodyOf(1000, 1024 * KiB)) < 2 * data.length)
  t.ok(memory(bodyOf(1000)) <= data.length)
  const body = bodyOf(1000)
  body.clear()
  t.equal(memory(body), 0)
  t.equal(body.size, 0)
})
