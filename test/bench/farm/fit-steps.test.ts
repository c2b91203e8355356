import t from 'tap'
import { fitSteps, round } from '../../../bench/farm/fit-steps.js'

t.test('tells what a step takes in any case from what it takes for each second', t => {
  const samples = [4, 4, 4, 16, 16, 16].map((length, n) => ({
    ...{ length, cpu: (1 + 2 * length) * [1, 0.9, 1.5][n % 3]! },
    ...{ reads: 3 + length / 4, writes: 5 },
  }))
  const { spread, ...times } = fitSteps(samples, 7)
  t.same(times, {
    ...{ fixed: 1, perMediaSecond: 2, reads: 3, readsPerMediaSecond: 0.25 },
    ...{ writes: 5, writesPerMediaSecond: 0, trips: 7 },
  })
  const { quantiles } = spread as { quantiles: number[] }
  t.equal(quantiles[0], 0.9)
  t.equal(quantiles[10], 1)
  t.equal(quantiles.at(-1), 1.5, 'the straggler')
  t.end()
})

t.test('takes one length, a step of no time, and one that is shorter for longer media', t => {
  const sample = { length: 4, cpu: 3, reads: 1, writes: 0 }
  t.match(fitSteps([sample], 0), { fixed: 3, perMediaSecond: 0 })
  const none = fitSteps([{ ...sample, cpu: 0 }], 0)
  t.match(none, { fixed: 0, perMediaSecond: 0 })
  t.ok((none.spread as { quantiles: number[] }).quantiles.every(value => value === 1))
  t.match(fitSteps([sample, { ...sample, length: 8, cpu: 2 }], 0), { fixed: 2, perMediaSecond: 0 })
  t.equal(round(1.23456), 1.235)
  t.end()
})
