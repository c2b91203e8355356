import t from 'tap'
import { bottleneckOf } from '../../../lib/io/monitor/bottleneck.js'

const of = (...busy: number[]) => bottleneckOf(busy.map((share, n) => ({ name: `stage ${n}`, busy: share })))

t.test('names the stage that the others wait for', async t => {
  t.same(of(0.01, 0.957, 0.02), { stage: 'stage 1', index: 1, busy: 0.957, text: 'stage 1 (96 % busy)' })
  t.equal(of(1)?.index, 0)
  t.equal(of(0.4, 0.51)?.index, 1)
})

t.test('names none while that is not clear', async t => {
  t.equal(of(), undefined)
  t.equal(of(0, 0, 0), undefined)
  t.equal(of(0.5, 0.1), undefined, 'busy for no more than half of the time')
  t.equal(of(0.9, 0.85), undefined, 'two at once')
})
