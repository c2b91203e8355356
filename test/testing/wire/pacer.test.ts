import t from 'tap'
import { Pacer } from '../../../lib/testing/wire/pacer.js'

t.test('bytes are ahead of their time by what they should have taken', async t => {
  const pacer = new Pacer(1000)
  t.equal(pacer.delayAfter(500, 100), 500)
  t.equal(pacer.delayAfter(500, 600), 500)
  t.equal(pacer.delayAfter(100, 1050), 150)
})

t.test('a late timer is made up for: delays do not add up', async t => {
  const pacer = new Pacer(1000)
  pacer.delayAfter(100, 0)
  t.equal(pacer.delayAfter(100, 180), 20)
  t.equal(pacer.delayAfter(100, 500), 0, 'behind its time, it does not wait')
  t.equal(pacer.delayAfter(700, 500), 500)
})

t.test('without a limit nothing waits and nothing is cut', async t => {
  const pacer = new Pacer(Infinity)
  t.equal(pacer.delayAfter(1e12, 0), 0)
  t.equal(pacer.slice, Infinity)
})

t.test('a slice is ten milliseconds of flow, and never nothing', async t => {
  t.equal(new Pacer(1_000_000).slice, 10_000)
  t.equal(new Pacer(1).slice, 1)
})
