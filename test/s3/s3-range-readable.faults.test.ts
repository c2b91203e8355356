import t from 'tap'
import { KiB } from '../../lib/options.js'
import type { FaultAction } from '../../lib/testing/index.js'
import { local, pattern, read, turn } from '../support/reading.js'

t.test('each fault at the first, a middle and the last request is resumed at its byte', async t => {
  const faults: [FaultAction, number][] = [
    [{ reset: true }, 0],
    [{ shortBody: 0 }, 0],
    [{ shortBody: 1 }, 1],
    [{ shortBody: 9 }, 9],
    [{ stall: true }, 0],
    [{ stall: 4 }, 4],
    [{ status: 500 }, 0],
    [{ status: 503, code: 'SlowDown' }, 0],
  ]
  for (const nth of [1, 3, 5]) {
    for (const [fault, came] of faults) {
      const { s3, source, ranges } = await local(t)
      s3.fault({ operation: 'GetObject', nth, ...fault })
      const { bytes, error } = await read(
        source({ partSize: 10, concurrency: 1, ...('stall' in fault && { stallTimeout: 250 }) }),
      )
      const name = `${JSON.stringify(fault)} at request ${nth}`
      t.equal(error, undefined, name)
      t.same(bytes, pattern(0, 50), name)
      const asked = [0, 10, 20, 30, 40].map(start => `bytes=${start}-${start + 9}`)
      asked.splice(nth, 0, `bytes=${10 * (nth - 1) + came}-${10 * nth - 1}`)
      t.same(ranges(), asked, name)
    }
  }
})

t.test('a range that fails for good is an error at its byte, and all bytes before it come first', async t => {
  for (const nth of [1, 3, 5]) {
    const { s3, source, ranges } = await local(t)
    const start = 10 * (nth - 1)
    s3.fault({ rangeBeyond: start, times: Infinity, shortBody: 2 })
    const { bytes, error } = await read(source({ partSize: 10, concurrency: 1, maxAttempts: 2 }))
    t.match(error, {
      code: 'AVIO_ERR_READ_FAILED',
      bucket: 'bucket',
      key: 'k',
      byteOffset: start + 4,
      attempts: 2,
      cause: { name: /./ },
    })
    t.same(bytes, pattern(0, start + 4))
    t.equal(ranges().length, nth + 1)
  }
})

t.test('a failed range cancels those behind it, and lets those before it finish', async t => {
  const { s3, source } = await local(t, 50 * KiB)
  const first = s3.fault({ rangeBeyond: 10 * KiB, hold: true })
  s3.fault({ rangeBeyond: 30 * KiB, times: Infinity, stall: 1 })
  s3.fault({ rangeBeyond: 20 * KiB, when: call => call.range === 'bytes=20480-30719', status: 403 })
  const reading = read(source({ partSize: 10 * KiB, concurrency: 5 }))
  await first.reached
  while (!s3.calls.some(call => call.aborted)) await turn()
  first.release()
  const { bytes, error } = await reading
  t.match(error, { code: 'AVIO_ERR_ACCESS_DENIED', byteOffset: 20 * KiB })
  t.ok(bytes.equals(pattern(0, 20 * KiB)))
})

t.test('an object that changes under way is an error, never a mixture', async t => {
  for (const nth of [2, 3, 5]) {
    const { s3, source } = await local(t)
    s3.fault({ operation: 'GetObject', nth, changed: Buffer.alloc(50, 'X') })
    const { bytes, error } = await read(source({ partSize: 10, concurrency: 1 }))
    t.match(error, { code: 'AVIO_ERR_OBJECT_CHANGED', byteOffset: 10 * (nth - 1) })
    t.same(bytes, pattern(0, 10 * (nth - 1)))
  }
})
