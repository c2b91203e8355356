import t from 'tap'
import { Pacer } from '../../../lib/testing/wire/pacer.js'

t.test('reports how far bytes are ahead of their time', async t => {
  const pacer = new Pacer(1000)
  t.equal(pacer.delayAfter(500, 100), 500)
  t.equal(pacer.delayAfter(500, 600), 500)
  t.equal(pacer.delayAfter(100, 1050), 150)
})

t.test('makes up for a late timer: delays do not add up', async t => {
  const pacer = new Pacer(1000)
  pacer.delayAfter(100, 0)
  t.equal(pacer.delayAfter(100, 180), 20)
  t.equal(pacer.delayAfter(100, 500), 0, 'late bytes do not wait')
  t.equal(pacer.delayAfter(700, 500), 500)
})

t.test('waits for nothing and cuts nothing without a limit', async t => {
  const pacer = new Pacer(Infinity)
  t.equal(pacer.delayAfter(1e12, 0), 0)
  t.equal(pacer.slice, Infinity)
})

t.test('limits a slice to ten milliseconds of flow, but at least a byte', async t => {
  t.equal(new Pacer(1_000_000).slice, 10_000)
  t.equal(new Pacer(1).slice, 1)
})
