import t from 'tap'
import {
  type Distribution,
  Random,
  mean,
  middle,
  quantile,
  quantilesOf,
} from '../../../bench/simulate/random.js'

const COUNT = 100_000

t.test('draws the same numbers from the same seed', t => {
  const draw = (seed: number) => {
    const random = new Random(seed)
    return Array.from({ length: 100 }, () => random.next())
  }
  t.same(draw(1), draw(1))
  t.notSame(draw(1), draw(2))
  t.ok(draw(3).every(value => value >= 0 && value < 1))
  t.end()
})

t.test('draws from each distribution around its mean', t => {
  const cases: [Distribution, number][] = [
    [3, 3],
    [{ exponential: 2 }, 2],
    [{ quantiles: [5] }, 5],
    [{ quantiles: [0, 10] }, 5],
    // Half of the values from 0 to 1, half of them from 1 to 9.
    [{ quantiles: [0, 1, 9] }, 2.75],
  ]
  for (const [distribution, wanted] of cases) {
    const random = new Random(7)
    let sum = 0
    for (let n = 0; n < COUNT; n++) sum += random.sample(distribution)
    t.equal(mean(distribution), wanted, JSON.stringify(distribution))
    t.ok(Math.abs(sum / COUNT / wanted - 1) < 0.02, `${sum / COUNT} for ${wanted}`)
  }
  t.end()
})

t.test('an exponential distribution has its tail', t => {
  const random = new Random(5)
  const values = Array.from({ length: COUNT }, () => random.sample({ exponential: 1 }))
  const above = values.filter(value => value > 3).length / COUNT
  t.ok(Math.abs(above - Math.exp(-3)) < 0.004, `${above}`)
  t.end()
})

t.test('takes quantiles of values, and values of quantiles', t => {
  t.same(quantilesOf([3, 1, 2], 3), [1, 2, 3])
  t.same(quantilesOf([4], 3), [4, 4, 4])
  t.same(quantilesOf([0, 10], 5), [0, 2.5, 5, 7.5, 10])
  t.equal(quantile([1, 2, 4], 0), 1)
  t.equal(quantile([1, 2, 4], 0.75), 3)
  t.equal(quantile([1, 2, 4], 1), 4)
  t.same(middle({ quantiles: [0, 10, 30] }), [5, 10, 20])
  t.same(middle(7), [7, 7, 7])
  const [low, median, high] = middle({ exponential: 1 })
  t.ok(Math.abs(median - Math.log(2)) < 1e-12 && low < median && median < high)
  t.end()
})
