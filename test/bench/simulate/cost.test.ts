import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkPrices, costOf } from '../../../bench/simulate/cost.js'
import type { FarmRun } from '../../../bench/simulate/farm-model.js'

const PRICES = {
  ...{ currency: 'units', source: 'a test', date: '2026-01-01' },
  ...{ workerHour: 2, engineHour: 3, thousandReads: 5, thousandWrites: 7, gigabyteMonth: 11 },
}

const RUN: FarmRun = {
  ...{ seconds: 1800, jobs: [], steps: 0, slowestChunk: 0, workerSeconds: 36_000, cpuSeconds: 0 },
  ...{ lostSeconds: 0, deaths: 0, reads: 2000, writes: 500 },
  used: { workers: 0, engine: 0, reads: 0, writes: 0 },
}

t.test('adds up workers, the engine, requests and the work prefix', t => {
  const { workers, engine, requests, work, total } = costOf(RUN, PRICES, 1440)
  t.equal(workers, 20)
  t.equal(engine, 1.5)
  t.equal(requests, 13.5)
  t.ok(Math.abs(work - 11) < 1e-9, 'half an hour of 1,440 GB is a month of one')
  t.ok(Math.abs(total - 46) < 1e-9)
  t.equal(costOf(RUN, PRICES).work, 0)
  t.end()
})

t.test('takes prices with their origin, and the example of its own', t => {
  t.same(checkPrices(PRICES), PRICES)
  const example: unknown = JSON.parse(
    readFileSync(new URL('../../../bench/simulate/prices.json', import.meta.url), 'utf8'),
  )
  t.match(checkPrices(example), { source: /^made up/, date: /^\d{4}-\d\d-\d\d$/ })
  const wrong: [object, RegExp][] = [
    [{ ...PRICES, workerHour: '2' }, /price "workerHour" .* is "2"/],
    [{ ...PRICES, gigabyteMonth: -1 }, /price "gigabyteMonth" .* is -1/],
    [{ ...PRICES, date: undefined }, /need a "date"/],
    [{ ...PRICES, source: undefined }, /need a "source"/],
    [{}, /price "workerHour"/],
  ]
  for (const [prices, message] of wrong) t.throws(() => checkPrices(prices), { message })
  t.throws(() => checkPrices(null))
  t.end()
})
