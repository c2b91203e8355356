import t from 'tap'
import { FaststartMp4 } from '../../lib/mp4/faststart-mp4.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { stageSettings } from '../../lib/mp4/stage-options.js'

t.test('has defaults, and takes given values', async t => {
  t.same(stageSettings({}, 'Stage'), {
    maxBoxSize: 16 * 1024 ** 2,
    highWaterMark: undefined,
    signal: undefined,
  })
  const { signal } = new AbortController()
  const given = { maxBoxSize: 1024, highWaterMark: 0, signal }
  t.same(stageSettings(given, 'Stage'), given)
  t.doesNotThrow(() => stageSettings({ strict: true }, 'Stage', ['strict']))
})

t.test('holds both stages to the same rules', async t => {
  for (const stage of [
    (options: unknown) => new Fmp4Validator(options as object),
    (options: unknown) => new FaststartMp4(options as object),
  ]) {
    const wrong: [string, unknown, RegExp][] = [
      ['maxBoxSize', { maxBoxSize: 1023 }, /from 1024 to 1073741824 bytes, got 1023/],
      ['maxBoxSize', { maxBoxSize: null }, /got null/],
      ['highWaterMark', { highWaterMark: -1 }, /from 0 to 1073741824 bytes, got -1/],
      ['signal', { signal: 1 }, /must be an AbortSignal/],
      ['maxBoxsize', { maxBoxsize: 1 }, /it has .*maxBoxSize, signal, highWaterMark/],
    ]
    for (const [option, options, message] of wrong) {
      t.throws(() => stage(options), { code: 'AVIO_ERR_OPTION', option, message }, option)
    }
    t.throws(() => stage('no'), { code: 'AVIO_ERR_OPTION', message: /must be an object, got "no"/ })
  }
  t.throws(() => new FaststartMp4({ strict: true } as object), { code: 'AVIO_ERR_OPTION', option: 'strict' })
})
