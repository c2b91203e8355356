import t from 'tap'
import { ByteQueue } from '../../../lib/hls/segments/byte-queue.js'

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n % 251))

t.test('returns the bytes it took in, however they are cut', async t => {
  for (const [into, out] of [
    [1, 7],
    [65_536, 65_536],
    [100_000, 3],
    [999, 150_000],
  ] as const) {
    const queue = new ByteQueue()
    const got: Buffer[] = []
    for (let at = 0; at < bytes.length; at += into) {
      queue.add(bytes.subarray(at, at + into))
      while (queue.length >= out) got.push(...queue.take(out))
    }
    got.push(...queue.take(queue.length))
    t.ok(Buffer.concat(got).equals(bytes), `${into} in, ${out} out`)
    t.equal(queue.length, 0)
  }
})

t.test('copies bytes, so that a chunk may be used again', async t => {
  const queue = new ByteQueue()
  const chunk = Buffer.from('abc')
  queue.add(chunk)
  chunk.fill('x')
  t.equal(Buffer.concat(queue.take(3)).toString(), 'abc')
})

t.test('returns no more than it has, and keeps returned bytes intact', async t => {
  const queue = new ByteQueue()
  queue.add(Buffer.from('abc'))
  const first = queue.take(2)
  queue.add(Buffer.from('def'))
  t.equal(Buffer.concat(queue.take(99)).toString(), 'cdef')
  t.equal(Buffer.concat(first).toString(), 'ab')
  t.same(queue.take(1), [])
})

t.test('replaces bytes by others, of any length, wherever blocks begin', async t => {
  for (const at of [0, 1, 65_530, 65_536, 130_000, 140_000]) {
    for (const length of [0, 3, 20, 70_000]) {
      for (const given of [0, 5, 500]) {
        for (const by of [length, 0, 3, 66_000]) {
          const queue = new ByteQueue()
          queue.add(bytes)
          queue.take(given)
          const put = Buffer.alloc(by, 255)
          const left = bytes.subarray(given)
          if (at + length > left.length) continue
          queue.replace(at, length, put)
          queue.add(Buffer.from('end'))
          const expected = [left.subarray(0, at), put, left.subarray(at + length), Buffer.from('end')]
          const whole = Buffer.concat(expected)
          t.equal(queue.length, whole.length)
          if (!Buffer.concat(queue.take(queue.length)).equals(whole)) {
            t.fail(`${length} at ${at} after ${given}, by ${by}`)
          }
        }
      }
    }
  }
})
