import t from 'tap'
import { TailRing } from '../../lib/containers/tail-ring.js'

t.test('keeps the last bytes, for chunks of any size', async t => {
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, n) => n))
  for (const length of [1, 7, 50, 100, 200]) {
    for (const size of [1, 3, 8, 64, 100]) {
      const ring = new TailRing(length)
      for (let at = 0; at < bytes.length; at += size) ring.push(bytes.subarray(at, at + size))
      t.same(ring.bytes, bytes.subarray(Math.max(0, 100 - length)), `${length} of chunks of ${size}`)
    }
  }
  t.equal(new TailRing(5).bytes.length, 0)
})
