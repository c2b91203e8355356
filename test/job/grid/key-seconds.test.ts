import t from 'tap'
import { keySecondsFor } from '../../../lib/job/grid/key-seconds.js'

t.test('divides a segment evenly, into at most two seconds each', async t => {
  for (const [target, seconds] of [
    [1, 1],
    [2, 2],
    [3, 1.5],
    [4, 2],
    [5, 5 / 3],
    [6, 2],
  ] as const)
    t.equal(keySecondsFor(target), seconds)
})
