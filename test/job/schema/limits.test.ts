import t from 'tap'
import { limitsOption } from '../../../lib/ffmpeg/limits/limits.js'
import { jobLimits } from '../../../lib/job/schema/limits.js'

/** The smallest and the largest value of each limit. */
const BOUNDS: Record<string, [number, number]> = {
  maxInputBytes: [1, Number.MAX_SAFE_INTEGER],
  maxDuration: [0.001, 1e12],
  maxPixels: [1, 2 ** 31 - 1],
  maxOutputBytes: [1, Number.MAX_SAFE_INTEGER],
  maxObjects: [1, Number.MAX_SAFE_INTEGER],
  timeout: [1, 2 ** 31 - 1],
  idleTimeout: [1, 2 ** 31 - 1],
  threads: [1, 1024],
  nice: [0, 19],
  memory: [2 ** 26, Number.MAX_SAFE_INTEGER],
  cpuSeconds: [1, 2 ** 31 - 1],
}

/** Limits enforced by the job itself; all others are passed to the stages. */
const OWN = ['maxInputBytes', 'maxObjects']

t.test('takes each limit within its bounds', async t => {
  t.same(Object.keys(BOUNDS).sort(), Object.keys(jobLimits.shape).sort())
  for (const [name, [least, most]] of Object.entries(BOUNDS)) {
    for (const value of [least, most]) {
      t.ok(jobLimits.safeParse({ [name]: value }).success, `${name}: ${value}`)
      if (!OWN.includes(name)) t.doesNotThrow(() => limitsOption({ limits: { [name]: value } }), name)
    }
    for (const value of [least - 1, Infinity, '1', null])
      t.notOk(jobLimits.safeParse({ [name]: value }).success, name)
  }
})
