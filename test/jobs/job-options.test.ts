import t from 'tap'
import { UNLIMITED } from '../../lib/ffmpeg/limits/limits.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { type JobOptions, secondsOption, stageOptions } from '../../lib/jobs/job-options.js'

t.test('the source is checked, the rest is handed on', async t => {
  const source = new BytesSource(Buffer.alloc(1))
  const { signal } = new AbortController()
  t.same(stageOptions({ source, cacheSize: 5, signal }), {
    source,
    stage: { ffmpegPath: undefined, cacheSize: 5, signal, env: undefined, limits: UNLIMITED },
  })
  t.throws(() => stageOptions({} as JobOptions), { message: /"source" must be a RandomAccess/ })
})

t.test('a time is a finite number from its minimum on', async t => {
  const rule = { min: 1, default: 7 }
  t.equal(secondsOption({}, 'at', rule), 7)
  t.equal(secondsOption({ at: 1 }, 'at', rule), 1)
  for (const at of [0.9, NaN, Infinity, '5', null]) {
    t.throws(() => secondsOption({ at }, 'at', rule), {
      message: /"at" must be a number of seconds, 1 or more/,
    })
  }
})
