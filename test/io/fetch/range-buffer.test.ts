import t from 'tap'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { BLOCK_SIZE } from '../../../lib/io/memory/block-pool.js'

/** Bytes derived from their position. */
const pattern = (start: number, end: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: end - start }, (_, i) => (start + i) * 31 + ((start + i) >> 8)))

function drain(buffer: RangeBuffer): Buffer {
  const chunks: Buffer[] = []
  for (let chunk = buffer.take(); chunk; chunk = buffer.take()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

t.test('returns bytes in order, however they are cut', async t => {
  const whole = pattern(7, 7 + 40)
  for (let n = 1; n <= whole.length; n++) {
    const buffer = new RangeBuffer({ start: 7, end: 47 })
    const out: Buffer[] = []
    for (let at = 0; at < whole.length; at += n) {
      t.equal(buffer.write(whole.subarray(at, at + n)), Math.min(n, whole.length - at))
      if (at % 2 === 0) out.push(drain(buffer))
    }
    out.push(drain(buffer))
    t.ok(Buffer.concat(out).equals(whole), `cut every ${n} bytes`)
    t.ok(buffer.complete)
    t.equal(buffer.taken, 47)
  }
})

t.test('supports alternating in-place and copied writes over several blocks', async t => {
  const size = 2 * BLOCK_SIZE + 5
  const whole = pattern(0, size)
  const buffer = new RangeBuffer({ start: 0, end: size })
  const space = buffer.space()
  t.equal(space.length, BLOCK_SIZE)
  whole.copy(space, 0, 0, 1000)
  buffer.filled(1000)
  t.equal(buffer.space().length, BLOCK_SIZE - 1000)
  t.equal(buffer.take()?.length, 1000, 'received bytes are available before the block is full')
  t.equal(buffer.take(), undefined)
  buffer.write(whole.subarray(1000, BLOCK_SIZE + 10))
  t.equal(buffer.space().length, BLOCK_SIZE - 10)
  buffer.write(whole.subarray(BLOCK_SIZE + 10, 2 * BLOCK_SIZE))
  t.equal(buffer.space().length, 5, 'the last block is as long as the rest')
  buffer.write(whole.subarray(2 * BLOCK_SIZE))
  t.equal(buffer.space().length, 0)
  t.ok(drain(buffer).equals(whole.subarray(1000)))
})

t.test('accepts no more than the range lacks', async t => {
  const buffer = new RangeBuffer({ start: 0, end: 10 })
  t.equal(buffer.write(Buffer.alloc(12, 1)), 10)
  t.equal(buffer.write(Buffer.alloc(1)), 0)
  t.equal(buffer.received, 10)
})

t.test('does not change delivered chunks', async t => {
  const whole = pattern(0, 3 * BLOCK_SIZE)
  const buffer = new RangeBuffer({ start: 0, end: whole.length })
  const kept: Buffer[] = []
  for (let at = 0; at < whole.length; at += 100_000) {
    buffer.write(whole.subarray(at, at + 100_000))
    const chunk = buffer.take()
    if (chunk) kept.push(chunk)
  }
  kept.push(drain(buffer))
  t.ok(Buffer.concat(kept).equals(whole))
  t.ok(kept.every(chunk => chunk.buffer.byteLength <= BLOCK_SIZE))
})

t.test('can be trimmed, but not below the received bytes', async t => {
  const buffer = new RangeBuffer({ start: 5, end: 100 })
  buffer.trim(20)
  t.equal(buffer.space().length, 15)
  buffer.write(Buffer.alloc(10))
  t.throws(() => buffer.trim(14), RangeError)
  t.throws(() => buffer.trim(21), RangeError)
  const empty = new RangeBuffer({ start: 5, end: 100 })
  empty.trim(5)
  t.ok(empty.complete)
  t.equal(empty.take(), undefined)
})

t.test('reports bytes once per write, when they can be taken', async t => {
  const seen: (number | undefined)[] = []
  const buffer = new RangeBuffer({ start: 0, end: 10 }, () => seen.push(buffer.take()?.length))
  buffer.write(Buffer.alloc(3))
  buffer.space()
  buffer.filled(4)
  buffer.write(Buffer.alloc(5))
  t.same(seen, [3, 4, 3])
  t.equal(buffer.write(Buffer.alloc(1)), 0)
  t.same(seen, [3, 4, 3])
})
