import t from 'tap'
import { LOOKING, MOST_PIXELS, UNLIMITED, limitsOption } from '../../../lib/ffmpeg/limits/limits.js'

const read = (limits: unknown) => limitsOption({ limits }, UNLIMITED)

t.test('limits nothing by default', async t => {
  t.same(limitsOption({}), UNLIMITED)
  t.same(read({}), UNLIMITED)
  t.same(limitsOption({ limits: { timeout: 5 } }, LOOKING), { ...LOOKING, timeout: 5 })
})

t.test('accepts each limit within its bounds only', async t => {
  const given = {
    ...{ maxDuration: 0.5, maxPixels: 1, maxOutputBytes: Infinity, timeout: 1, idleTimeout: Infinity },
    ...{ threads: 1024, nice: 0, memory: 2 ** 26, cpuSeconds: 1 },
  }
  t.same(read(given), given)
  for (const [name, ...values] of [
    ['maxDuration', 0, -1, NaN, '5', null],
    ['maxPixels', 0, MOST_PIXELS + 1, 1.5, Infinity],
    ['maxOutputBytes', 0, -1, '9'],
    ['timeout', 0, 2 ** 31],
    ['idleTimeout', 0, 1.5],
    ['threads', 0, 1025, Infinity],
    ['nice', -1, 20],
    ['memory', 1, Infinity],
    ['cpuSeconds', 0, '1'],
  ] as const) {
    for (const value of values) {
      const error = { code: 'AVIO_ERR_OPTION', option: `limits.${name}` }
      t.throws(() => read({ [name]: value }), error, `${name}: ${String(value)}`)
    }
  }
  t.throws(() => read({ maxdurations: 5 }), { code: 'AVIO_ERR_OPTION', option: 'maxdurations' })
  t.throws(() => read(5), { code: 'AVIO_ERR_OPTION', option: 'limits' })
})
