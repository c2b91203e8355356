import t from 'tap'
import { SELF_CONTAINED } from '../../lib/ffmpeg/args/safe-demuxers.js'
import type {
  FfmpegProcessOptions,
  FfmpegReadableOptions,
  FfmpegTransformOptions,
} from '../../lib/ffmpeg/ffmpeg-options.js'
import { UNLIMITED } from '../../lib/ffmpeg/limits/limits.js'
import { processSettings, readableSettings, transformSettings } from '../../lib/ffmpeg/check-options.js'

const settings = (options: unknown) => transformSettings(options as FfmpegTransformOptions, 'FfmpegTransform')
const output = { format: 'mpegts' }

t.test('needs only the output, and has defaults for the rest', async t => {
  const { env, ...rest } = settings({ output })
  t.same(rest, {
    ffmpegPath: undefined,
    input: { format: undefined, args: [], formatWhitelist: SELF_CONTAINED, seek: 'auto' },
    output: { format: 'mpegts', args: [], layout: 'stream', onMissing: 'tell', cover: 'leave-out' },
    globalArgs: [],
    signal: undefined,
    killTimeout: 5000,
    limits: UNLIMITED,
    cacheSize: 32 * 1024 ** 2,
    discardLimit: 1024 ** 3,
    sniffSize: 64 * 1024,
    highWaterMark: 256 * 1024,
  })
  t.match(env, { PATH: String })
})

t.test('accepts given values, and copies mutable ones', async t => {
  const args = ['-c', 'copy']
  const { signal } = new AbortController()
  const given = {
    ffmpegPath: 'ffmpeg7',
    input: {
      format: 's16le',
      args: ['-ar', '48000'],
      formatWhitelist: ['mov', 'hls'],
      seek: 'always',
    },
    output: { format: 'matroska', args },
    globalArgs: ['-threads', '2'],
    env: { COLOUR: 'blue' },
    signal,
    killTimeout: 0,
    discardLimit: Infinity,
    sniffSize: 0,
    cacheSize: 1024 ** 2,
    highWaterMark: 1,
  }
  const taken = settings(given)
  args.push('-an')
  t.match(taken, { ...given, output: { format: 'matroska', args: ['-c', 'copy'] }, env: { COLOUR: 'blue' } })
  t.equal(taken.output.args.length, 2)
})

t.test('names an option that breaks its rule, with the rule and the value', async t => {
  const wrong: [string, unknown, RegExp?][] = [
    ['FfmpegTransform', undefined],
    ['FfmpegTransform', null],
    ['output', {}],
    ['output', { output: 'mp4' }],
    ['output.format', { output: {} }],
    ['output.format', { output: { format: '' } }],
    ['output.args', { output: { format: 'mpegts', args: '-c copy' } }],
    ['codec', { output: { format: 'mpegts', codec: 'h264' } }],
    ['output.layout', { output: { format: 'mp4', layout: 'fast' } }],
    ['output.onMissing', { output: { format: 'mp4', onMissing: 'warn' } }],
    ['output.onMissing', { output: { format: 'mp4', onMissing: null } }],
    ['output.cover', { output: { format: 'mp4', cover: true } }],
    ['output.cover', { output: { format: 'mp3', cover: 'keep' } }],
    ['output.cover', { output: { format: 'mov', cover: 'keep' } }],
    ['output.layout', { output: { format: 'mpegts', layout: 'file' } }],
    ['input', { output, input: 'pipe' }],
    ['input.format', { output, input: { format: 7 } }],
    ['input.args', { output, input: { args: [1] } }],
    ['demuxer', { output, input: { demuxer: 'mov' } }],
    ['globalArgs', { output, globalArgs: '-v' }],
    ['ffmpegPath', { output, ffmpegPath: null }],
    ['env', { output, env: { A: 1 } }],
    ['signal', { output, signal: {} }],
    ['killTimeout', { output, killTimeout: -1 }, /from 0 to 2147483647 milliseconds, got -1/],
    ['killTimeout', { output, killTimeout: Infinity }],
    ['discardLimit', { output, discardLimit: -1 }, /bytes, or Infinity, got -1/],
    ['sniffSize', { output, sniffSize: 1.5 }, /from 0 to 16777216 bytes, got 1\.5/],
    ['highWaterMark', { output, highWaterMark: 0 }, /from 1 to 1073741824 bytes, got 0/],
    ['killTimeOut', { output, killTimeOut: 1 }, /has no option "killTimeOut"; it has .*killTimeout/],
  ]
  for (const [option, options, message = /./] of wrong) {
    t.throws(() => settings(options), { code: 'AVIO_ERR_OPTION', option, message }, option)
  }
})

t.test('checks arguments and muxers in the constructor, too', async t => {
  const refused = { code: 'AVIO_ERR_ARGUMENT_REFUSED' }
  t.throws(() => settings({ output: { format: 'mpegts', args: ['-report'] } }), refused)
  t.throws(() => settings({ output, input: { args: ['-i', 'x'] } }), refused)
  t.throws(() => settings({ output, globalArgs: ['-progress', 'x'] }), refused)
  t.throws(() => settings({ output: { format: 'segment' } }), { code: 'AVIO_ERR_MUXER_NOT_STREAMABLE' })
})

const readable = (options: unknown) => readableSettings(options as FfmpegReadableOptions, 'FfmpegReadable')
const source = { size: () => Promise.resolve(0), read: () => [] }

t.test('accepts one or several inputs with random access', async t => {
  const one = { source, format: undefined, args: [], formatWhitelist: SELF_CONTAINED }
  t.same(readable({ input: { source }, output }).inputs, [one])
  t.same(readable({ input: source, output }).inputs, [one], 'a source alone')
  t.same(readable({ inputs: [source, { source, format: 'wav' }], output }).inputs, [
    one,
    { ...one, format: 'wav' },
  ])
  const wrong: [unknown, RegExp][] = [
    [{ output }, /"input" must be a source, or an object with the source as "source"/],
    [{ inputs: [], output }, /"inputs" an array of these/],
    [{ input: { source }, inputs: [{ source }], output }, /"inputs" an array of these/],
    [{ inputs: { source }, output }, /"inputs" an array of these/],
    [{ input: {}, output }, /"input.source" must be a RandomAccess/],
    [{ inputs: [{ source }, { source: null }], output }, /"inputs\[1\].source" must be a RandomAccess/],
    [{ input: { source: { size: source.size } }, output }, /"input.source" must be a RandomAccess/],
    [{ input: { source, seek: 'always' }, output }, /input has no option "seek"/],
    [{ input: { source, args: ['-i', 'x'] }, output }, /"-i" in option "input.args" is refused/],
    [{ input: { source }, output, cacheSize: 1000 }, /"cacheSize" must be an integer from 1048576/],
    [
      { inputs: [{ source }, { source }], output, cacheSize: 1024 ** 2 },
      /"cacheSize" must be an integer from 2097152/,
    ],
    [{ input: { source }, output, discardLimit: 1 }, /FfmpegReadable has no option "discardLimit"/],
  ]
  for (const [options, message] of wrong) t.throws(() => readable(options), { message })
})

const settingsOf = (options: unknown) => processSettings(options as FfmpegProcessOptions, 'FfmpegProcess')

t.test('accepts inputs of both kinds and several outputs, each with its own options', async t => {
  const progressive = { format: 'mp4', layout: 'file' }
  const { inputs, outputs, globalArgs } = settingsOf({
    inputs: [{ source }, { seek: 'never' }, source],
    outputs: [output, progressive],
    globalArgs: ['-threads', '2'],
    filterComplex: '[0:v]null[v]',
  })
  const input = { format: undefined, args: [], formatWhitelist: SELF_CONTAINED }
  t.same(inputs, [
    { ...input, source },
    { ...input, seek: 'never' },
    { ...input, source },
  ])
  t.same(outputs, [
    { format: 'mpegts', args: [], layout: 'stream', onMissing: 'tell', cover: 'leave-out' },
    { ...progressive, args: [], onMissing: 'tell', cover: 'leave-out' },
  ])
  t.same(globalArgs, ['-threads', '2', '-filter_complex', '[0:v]null[v]'])
  const outputsOnly = { inputs: [{}], outputs: [output] }
  const wrong: [unknown, RegExp][] = [
    [undefined, /The options of FfmpegProcess must be an object/],
    [{ outputs: [output] }, /"inputs" must be an array with at least one/],
    [{ inputs: [{}], outputs: [] }, /"outputs" must be an array with at least one/],
    [{ ...outputsOnly, output }, /FfmpegProcess has no option "output"/],
    [{ ...outputsOnly, inputs: [null] }, /inputs\[0\] must be an object/],
    [{ ...outputsOnly, inputs: [{}, { source: {} }] }, /"inputs\[1\].source" must be a RandomAccess/],
    [{ ...outputsOnly, inputs: [{ source, seek: 'auto' }] }, /inputs\[0\] has no option "seek"/],
    [{ ...outputsOnly, inputs: [{ args: ['-i', 'x'] }] }, /"-i" in option "inputs\[0\].args" is refused/],
    [{ ...outputsOnly, outputs: [output, {}] }, /"outputs\[1\].format" must be the name of a muxer/],
    [{ ...outputsOnly, outputs: [undefined] }, /"outputs\[0\]" must be an object/],
    [{ ...outputsOnly, outputs: [{ ...output, layout: 'file' }] }, /"outputs\[0\].layout" must be/],
    [{ ...outputsOnly, filterComplex: '' }, /"filterComplex" must be a non-empty string/],
    [{ ...outputsOnly, filterComplex: '[0:v]vidstabdetect[v]' }, /in option "filterComplex" is refused/],
    [
      { inputs: [{ source }, {}], outputs: [output], cacheSize: 1024 ** 2 },
      /"cacheSize" must be an integer from/,
    ],
  ]
  for (const [options, message] of wrong) t.throws(() => settingsOf(options), { message })
})

t.test('requires each name of a format whitelist to exist in some ffmpeg', async t => {
  t.throws(() => settings({ output, input: { formatWhitelist: ['mov', 'mkv'] } }), {
    code: 'AVIO_ERR_OPTION',
    option: 'input.formatWhitelist[1]',
    message: /"matroska"/,
  })
  t.doesNotThrow(() => settings({ output, input: { formatWhitelist: ['mov', 'some_newer_demuxer'] } }))
})
