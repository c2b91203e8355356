import t from 'tap'
import { PercentDone } from '../../../lib/ffmpeg/log/percent-done.js'

const at = (outTime: number, done = false) => ({ outTime, done })

t.test('is unknown without the length of the output and the size of the input', async t => {
  t.equal(new PercentDone().percent(at(1), 10), undefined)
  t.equal(new PercentDone().percent(at(1, true), 10), undefined)
})

t.test('computes percent from media time, between 0 and 100', async t => {
  const completion = new PercentDone()
  completion.length = 2
  completion.inputSize = 1000
  t.equal(completion.percent(at(1), 10), 50)
  t.equal(completion.percent(at(3), 10), 100)
  t.equal(completion.percent(at(-3), 10), 0)
  t.equal(completion.percent({ done: false }, 10), 0)
  t.equal(completion.percent(at(1.9, true), 10), 100, 'the last report')
})

t.test('computes percent from bytes without a length, if the size is known', async t => {
  const completion = new PercentDone()
  completion.inputSize = 1000
  t.equal(completion.percent(at(1), 250), 25)
  t.equal(completion.percent(at(1, true), 990), 100)
  completion.inputSize = 0
  t.equal(completion.percent(at(1), 0), 100)
})
