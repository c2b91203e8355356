import t from 'tap'
import { Cores } from '../../../bench/simulate/cores.js'
import { EventQueue } from '../../../bench/simulate/event-queue.js'

/** The times at which tasks end that start at their times. */
function ends(count: number, tasks: readonly { at: number; seconds: number }[], perTask?: number): number[] {
  const events = new EventQueue()
  const cores = new Cores(events, count, perTask)
  const found: number[] = tasks.map(() => NaN)
  tasks.forEach(({ at, seconds }, n) =>
    events.at(at, () => cores.work(seconds, () => (found[n] = Number(events.now.toFixed(6))))),
  )
  events.run()
  return found
}

t.test('shares cores evenly, and gives none of its tasks more than one', t => {
  const two = { at: 0, seconds: 2 }
  t.same(ends(1, [two]), [2])
  t.same(ends(4, [two, two]), [2, 2], 'a core for each')
  t.same(ends(1, [two, two]), [4, 4], 'half a core for each')
  t.same(ends(2, [two, two, two, two]), [4, 4, 4, 4])
  t.same(
    ends(1, [two, { at: 1, seconds: 0.5 }]),
    [2.5, 2],
    'one second alone, one shared, and the rest alone',
  )
  t.same(ends(1, [{ at: 3, seconds: 0 }, two]), [3, 2])
  t.end()
})

t.test('a task uses as many cores as it can, while others leave them', t => {
  const two = { at: 0, seconds: 2 }
  t.same(ends(2, [two], 1.6), [1.25])
  t.same(ends(1, [two], 1.6), [2], 'no more than there are')
  t.same(ends(2, [two, two], 1.6), [2, 2])
  t.same(ends(2, [two, { at: 1, seconds: 0.4 }], 1.6), [1.4, 1.4], '1.6 s alone, then a core each')
  t.end()
})

t.test('tells what a stopped task has had, and gives the others its share', t => {
  const events = new EventQueue()
  const cores = new Cores(events, 1)
  const stopped = cores.work(10, () => t.fail('a stopped task ends'))
  let end = NaN
  cores.work(10, () => (end = events.now))
  events.at(4, () => t.equal(stopped.stop(), 2))
  events.run()
  t.equal(end, 12)
  t.end()
})
