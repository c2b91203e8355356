import t from 'tap'
import {
  ReadAheadWindow,
  type ReadAheadWindowRule,
  type Requested,
} from '../../../lib/io/fetch/read-ahead-window.js'

const rule: ReadAheadWindowRule = {
  start: 0,
  end: Infinity,
  firstSize: 10,
  partSize: 100,
  concurrency: 4,
  readAhead: 400,
}

/** What is under way, far from the end unless `bytesLacking` says that little is. */
const requested = (underWay: number, bytesLacking = 1e9): Requested => ({
  underWay,
  isIdle: underWay === 0,
  bytesLacking,
})

/** All ranges that the window has room for, as `start-end`. */
function planned(plan: ReadAheadWindow, consumed: number, underWay = 0): string[] {
  const ranges: string[] = []
  for (;;) {
    const range = plan.plan(consumed, requested(underWay + ranges.length))
    if (range === undefined) return ranges
    ranges.push(`${range.start}-${range.end}`)
  }
}

t.test('starts with a small range, and waits for the size', async t => {
  const plan = new ReadAheadWindow(rule)
  t.equal(plan.end, undefined)
  t.same(planned(plan, 0), ['0-10'])
  plan.starved(1000)
  t.same(planned(plan, 10), [])
  t.notOk(plan.exhausted)
  plan.bound(35)
  t.equal(plan.end, 35)
  t.same(planned(plan, 10), ['10-20', '20-30'], 'the window holds 20')
  t.same(planned(plan, 20), ['30-35'])
  t.ok(plan.exhausted)
})

t.test('requests nothing more if the source ends within the first range', async t => {
  const plan = new ReadAheadWindow(rule)
  planned(plan, 0)
  plan.bound(3)
  t.equal(plan.next, 3)
  t.ok(plan.exhausted)
  t.same(planned(plan, 0), [])
})

t.test('handles an empty source', async t => {
  const plan = new ReadAheadWindow({ ...rule, start: 5 })
  t.same(planned(plan, 5), ['5-15'])
  plan.bound(0)
  t.equal(plan.end, 5)
  t.ok(plan.exhausted)
})

t.test('ends at the wanted end or the source’s end, whichever is first', async t => {
  const before = new ReadAheadWindow({ ...rule, end: 7 })
  t.same(planned(before, 0), ['0-7'])
  before.bound(1000)
  t.equal(before.end, 7)
  const after = new ReadAheadWindow({ ...rule, end: 5000 })
  after.bound(12)
  t.equal(after.end, 12)
  t.same(planned(after, 0, 0), ['0-10'])
  t.same(planned(after, 10), ['10-12'])
})

t.test('doubles the window when the consumer waits, limited by its consumption and readAhead', async t => {
  const plan = new ReadAheadWindow(rule)
  plan.bound(100_000)
  const windows = [0, 1, 1, 2, 2, 10, 20, 30, 40].map(delivered => {
    plan.starved(delivered)
    return plan.window
  })
  t.same(windows, [10, 20, 26, 42, 42, 84, 168, 336, 400])
})

t.test(
  'requests what the consumer is expected to read, within the limits, and then as little as before',
  async t => {
    for (const [bytes, ranges, then] of [
      [5, ['10-20'], ['20-30']],
      [100, ['10-40', '40-70', '70-100'], ['100-110']],
      [1000, ['10-110', '110-210', '210-310'], ['310-340', '340-370', '370-400']],
    ] as const) {
      const plan = new ReadAheadWindow(rule)
      planned(plan, 0)
      plan.bound(100_000)
      plan.expect(bytes)
      t.same(planned(plan, 10), ranges)
      t.same(planned(plan, plan.next), then)
      t.equal(plan.window, 10)
    }
  },
)

t.test('grows ranges with the window, within the limits of size and number', async t => {
  const plan = new ReadAheadWindow(rule)
  plan.bound(100_000)
  t.same(planned(plan, 0), ['0-10'])
  for (let n = 0; n < 6; n++) plan.starved(1000)
  t.equal(plan.window, 400)
  t.same(planned(plan, 10), ['10-110', '110-210', '210-310', '310-410'])
  t.same(planned(plan, 10, 3), [], 'no room')
  t.same(planned(plan, 110, 4), [], 'all connections busy')
  t.same(planned(plan, 110, 3), ['410-510'])
})

t.test(
  'towards the end, no range is larger than the share of a connection in what has not arrived',
  async t => {
    for (const [end, lacking, length] of [
      [10_000, 0, 100],
      [450, 0, 100],
      [450, 1, 100],
      [410, 0, 100],
      [400, 0, 98],
      [200, 0, 48],
      [200, 120, 78],
      [20, 0, 10],
      [15, 0, 5],
    ] as const) {
      const plan = new ReadAheadWindow(rule)
      planned(plan, 0)
      plan.bound(end)
      for (let n = 0; n < 6; n++) plan.starved(1000)
      const range = plan.plan(10, requested(0, lacking))
      t.same(range, { start: 10, end: 10 + length }, `${end} bytes, ${lacking} of them under way`)
    }
  },
)

t.test('never requests further ahead of the consumer than the window', async t => {
  for (const readAhead of [1, 7, 64, 250, 400]) {
    const plan = new ReadAheadWindow({ ...rule, readAhead })
    plan.bound(5000)
    let consumed = 0
    let most = 0
    while (consumed < 5000) {
      planned(plan, consumed, 0)
      most = Math.max(most, plan.next - consumed)
      if (plan.next === consumed) break
      consumed = Math.min(plan.next, consumed + 13)
      plan.starved(consumed)
    }
    t.ok(plan.exhausted, 'everything was requested')
    t.equal(most, readAhead, `${readAhead} bytes were used, and no more`)
  }
})

t.test('plans a smaller range rather than none when nothing is in flight', async t => {
  const plan = new ReadAheadWindow({ ...rule, readAhead: 6 })
  plan.bound(100)
  t.same(plan.plan(0, requested(0)), { start: 0, end: 6 })
  t.equal(plan.plan(2, requested(1)), undefined)
  t.same(plan.plan(2, requested(0)), { start: 6, end: 8 })
  t.equal(plan.plan(2, requested(0)), undefined, 'no room at all')
})

t.test('keeps to a limit below the window, with smaller ranges, and grows again with it', async t => {
  const plan = new ReadAheadWindow(rule)
  plan.plan(0, requested(0))
  plan.bound(10_000)
  for (let n = 0; n < 10; n++) plan.starved(1000)
  t.equal(plan.window, 400)
  t.same(plan.plan(10, requested(0), 80), { start: 10, end: 30 }, 'four ranges share 80 bytes')
  t.same(plan.plan(10, requested(1), 80), { start: 30, end: 50 })
  t.equal(plan.plan(10, requested(2), 40), undefined, 'the limit has fallen below what is requested')
  t.equal(plan.plan(19, requested(2), 40), undefined)
  t.same(plan.plan(20, requested(1), 40), { start: 50, end: 60 }, 'until enough of it is consumed')
  t.same(
    plan.plan(60, { ...requested(0), isIdle: false }, Infinity),
    { start: 60, end: 160 },
    'the window is as before',
  )
})

t.test('grows the ranges of a consumer that never waits with what it has read, two at a time', async t => {
  const plan = new ReadAheadWindow(rule)
  planned(plan, 0)
  plan.bound(100_000)
  for (const [consumed, length] of [
    [10, 10],
    [630, 10],
    [650, 20],
    [1300, 40],
    [3200, 100],
    [50_000, 100],
  ] as const) {
    while (plan.next < consumed) planned(plan, plan.next)
    const lengths = planned(plan, plan.next).map(range => range.split('-').map(Number))
    t.same(
      lengths.map(([start, end]) => end! - start!),
      length === 10 ? [10] : [length, length],
      `after ${consumed}`,
    )
  }
  t.equal(plan.window, 10, 'it has never waited')
})

t.test(
  'a consumer that never waits keeps to readAhead and to the limit, with ranges of half of them',
  async t => {
    const plan = new ReadAheadWindow({ ...rule, readAhead: 70 })
    plan.bound(100_000)
    while (plan.next < 10_000) planned(plan, plan.next)
    const { next } = plan
    t.same(plan.plan(next, requested(0)), { start: next, end: next + 35 })
    t.same(plan.plan(next, requested(1)), { start: next + 35, end: next + 70 })
    t.equal(plan.plan(next, requested(2)), undefined)
    t.same(plan.plan(next + 70, requested(0), 40), { start: next + 70, end: next + 90 })
  },
)
