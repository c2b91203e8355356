import t from 'tap'
import { slopeOf } from './slope.js'

t.test('fits a straight line', async t => {
  t.same(slopeOf([3, 5, 7, 9]), { perSample: 2, growth: 6, mean: 6 })
  t.same(slopeOf([4, 4, 4]), { perSample: 0, growth: 0, mean: 4 })
  t.same(slopeOf([4]), { perSample: 0, growth: 0, mean: 4 })
  t.equal(slopeOf([0, 8, 0, 8, 0]).perSample, 0, 'treats values that go up and down as flat')
  t.ok(slopeOf([9, 8, 8, 6]).growth < 0)
})
