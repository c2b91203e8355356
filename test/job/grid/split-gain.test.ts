import t from 'tap'
import { type SplitCosts, splitTimes } from '../../../lib/job/grid/split-gain.js'

const COSTS: SplitCosts = {
  seconds: 3600,
  chunks: 60,
  chunkSeconds: 60,
  workers: 20,
  encodeSpeed: 1,
  startSeconds: 1,
  runUpSeconds: 5,
  joinSpeed: 400,
}

t.test('a film over twenty workers takes three rounds and a join', async t => {
  t.same(splitTimes(COSTS), { whole: 3601, split: 3 * 62 + 1 + 9 })
})

t.test('one worker loses by splitting', async t => {
  const { whole, split } = splitTimes({ ...COSTS, workers: 1 })
  t.ok(split > whole)
})

t.test('more workers than chunks gain nothing more', async t => {
  t.equal(splitTimes({ ...COSTS, workers: 60 }).split, splitTimes({ ...COSTS, workers: 600 }).split)
})
