import t from 'tap'
import { Stopwatch } from '../../../lib/io/diagnostics/stopwatch.js'

t.test('tells the start in milliseconds since 1970, and the time since', async t => {
  const before = performance.timeOrigin + performance.now()
  const watch = new Stopwatch()
  const after = performance.timeOrigin + performance.now()
  const first = watch.timing
  const second = watch.timing
  t.ok(first.startTime >= before && first.startTime <= after)
  t.equal(second.startTime, first.startTime)
  t.ok(first.durationMs >= 0 && second.durationMs >= first.durationMs)
  t.ok(watch.elapsedMs >= second.durationMs)
})
