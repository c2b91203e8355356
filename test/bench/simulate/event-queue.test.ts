import t from 'tap'
import { EventQueue } from '../../../bench/simulate/event-queue.js'
import { Random } from '../../../bench/simulate/random.js'

t.test('runs events by time, those of one time in the order of adding', t => {
  const random = new Random(1)
  for (const count of [0, 1, 2, 3, 10, 1000]) {
    const events = new EventQueue()
    const added = Array.from({ length: count }, (_, n) => ({ n, time: Math.floor(random.next() * 50) }))
    const seen: typeof added = []
    for (const event of added) events.at(event.time, () => seen.push(event))
    events.run()
    t.same(
      seen,
      [...added].sort((a, b) => a.time - b.time || a.n - b.n),
      `${count} events`,
    )
  }
  t.end()
})

t.test('runs events that events add, and ends when it is told', t => {
  const events = new EventQueue()
  const times: number[] = []
  const tick = () => {
    times.push(events.now)
    events.at(events.now + 2, tick)
  }
  events.at(1, tick)
  events.run(() => times.length === 4)
  t.same(times, [1, 3, 5, 7])
  t.end()
})

t.test('refuses an event in the past, or at no time', t => {
  const events = new EventQueue()
  events.at(5, () => undefined)
  events.run()
  t.throws(() => events.at(4, () => undefined), { name: 'RangeError' })
  t.throws(() => events.at(NaN, () => undefined), { name: 'RangeError' })
  t.end()
})
