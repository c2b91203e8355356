import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { KiB, MiB } from '../../../lib/options.js'
import { BlockPool } from '../../../lib/io/memory/block-pool.js'
import { BLOCK_SIZE, PartBuffer } from '../../../lib/s3/upload/part-buffer.js'

/** Puts `data` into `part` in chunks of `size` bytes. */
function fill(part: PartBuffer, data: Buffer, size: number) {
  for (let from = 0; from < data.length; from += size) part.append(data.subarray(from, from + size), 0)
}

const bytesOf = (part: PartBuffer) => Buffer.concat([...part.slices()])

t.test('returns the bytes with their checksums, for any chunk size', async t => {
  const data = randomBytes(3 * MiB + 12_345)
  for (const size of [1021, 65_536, MiB, MiB + 1, data.length]) {
    const part = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), true)
    fill(part, data, size)
    t.equal(part.size, data.length)
    t.equal(Buffer.compare(bytesOf(part), data), 0, `chunks of ${size}`)
    t.equal(part.crc32, crc32(data))
    t.equal(part.digest('md5').toString('hex'), createHash('md5').update(data).digest('hex'))
    t.equal(part.digest('sha256').toString('hex'), createHash('sha256').update(data).digest('hex'))
    t.equal(Buffer.compare(bytesOf(part), data), 0, 'read a second time')
  }
})

t.test('returns the checksum at any time, and 0 if it keeps none', async t => {
  const data = randomBytes(2 * MiB)
  const part = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), true)
  const plain = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), false)
  for (const end of [0, 1, 70_000, 70_000, MiB, 2 * MiB]) {
    part.append(data.subarray(0, end), part.size)
    t.equal(part.crc32, crc32(data.subarray(0, end)), `after ${end} bytes`)
  }
  plain.append(data, 0)
  t.equal(plain.crc32, 0)
})

t.test('accepts single bytes', async t => {
  const data = randomBytes(70_000)
  const part = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), true)
  fill(part, data, 1)
  t.equal(Buffer.compare(bytesOf(part), data), 0)
  t.equal(part.crc32, crc32(data))
})

t.test('accepts no more than fits, and leaves the rest for the next part', async t => {
  const data = randomBytes(10)
  const part = new PartBuffer(6, new BlockPool(BLOCK_SIZE), true)
  t.equal(part.append(data, 0), 6)
  t.ok(part.full)
  t.equal(part.append(data, 6), 0)
  const next = new PartBuffer(6, new BlockPool(BLOCK_SIZE), true)
  t.equal(next.append(data, 6), 4)
  t.notOk(next.full)
  t.same(Buffer.concat([bytesOf(part), bytesOf(next)]), data)
})

t.test('copies bytes, so that later changes to the chunk have no effect', async t => {
  const chunk = Buffer.from('before')
  const part = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), true)
  part.append(chunk, 0)
  chunk.fill(0)
  t.equal(bytesOf(part).toString(), 'before')
})

t.test('has no bytes and the checksums of nothing when empty', async t => {
  const part = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), true)
  t.same([...part.slices()], [])
  t.equal(part.crc32, 0)
  t.equal(part.digest('md5').toString('hex'), createHash('md5').digest('hex'))
})

t.test('takes little memory for few bytes, and at most twice their size for many', async t => {
  const taken: number[] = []
  class Counted extends BlockPool {
    override take(size?: number) {
      const block = super.take(size)
      taken.push(block.length)
      return block
    }
  }
  const part = new PartBuffer(8 * MiB, new Counted(BLOCK_SIZE), true)
  part.append(Buffer.alloc(10), 0)
  t.same(taken, [64 * KiB])
  for (let size = 10; size < 8 * MiB; size += 32 * KiB) part.append(Buffer.alloc(32 * KiB), 0)
  t.ok(part.full)
  t.equal(
    taken.reduce((sum, size) => sum + size, 0),
    8 * MiB,
    'exactly the size of the part in the end',
  )
})

t.test('reuses blocks, even in a part of another size', async t => {
  const pool = new BlockPool(BLOCK_SIZE)
  const first = new PartBuffer(5 * MiB, pool, false)
  fill(first, Buffer.alloc(5 * MiB, 1), MiB)
  const memory = new Set([...first.slices()].map(slice => slice.buffer))
  first.release()
  const second = new PartBuffer(4 * MiB, pool, false)
  const data = randomBytes(4 * MiB)
  fill(second, data, 100_000)
  t.equal(Buffer.compare(bytesOf(second), data), 0)
  for (const slice of second.slices()) t.ok(memory.has(slice.buffer))
  second.release()
})

t.test('yields slices short enough to show progress', async t => {
  const part = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), false)
  fill(part, Buffer.alloc(3 * MiB), 3 * MiB)
  for (const slice of part.slices()) t.ok(slice.length > 0 && slice.length <= 256 * KiB)
})

t.test('puts a prefix in front of appended bytes, in slices and checksums alike, without a copy', async t => {
  const data = randomBytes(MiB + 12_345)
  for (const size of [0, 1, 300 * KiB]) {
    const prefix = randomBytes(size)
    for (const appended of [0, data.length]) {
      const part = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), true)
      fill(part, data.subarray(0, appended), 65_536)
      t.equal(part.crc32, crc32(data.subarray(0, appended)))
      part.digest('md5')
      part.prepend(prefix)
      const whole = Buffer.concat([prefix, data.subarray(0, appended)])
      t.equal(part.size, whole.length)
      t.equal(Buffer.compare(bytesOf(part), whole), 0, `${size} before ${appended} bytes`)
      t.equal(part.crc32, crc32(whole))
      t.equal(part.digest('md5').toString('hex'), createHash('md5').update(whole).digest('hex'))
      const [first] = part.slices()
      if (size > 0) t.equal(first?.buffer, prefix.buffer)
      for (const slice of part.slices()) t.ok(slice.length > 0 && slice.length <= 256 * KiB)
    }
  }
  const plain = new PartBuffer(8 * MiB, new BlockPool(BLOCK_SIZE), false)
  plain.prepend(data)
  t.equal(plain.crc32, 0)
})

t.test('takes no room from appended bytes for a prefix', async t => {
  const part = new PartBuffer(4, new BlockPool(BLOCK_SIZE), true)
  part.prepend(Buffer.from('head'))
  t.equal(part.append(Buffer.from('media'), 0), 4)
  t.ok(part.full)
  t.equal(bytesOf(part).toString(), 'headmedi')
})
