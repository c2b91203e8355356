import { GiB, KiB, MAX_TIMEOUT, MiB } from '../options.js'
import {
  integerOption,
  knownOptions,
  objectOption,
  oneOfOption,
  optionError,
  optionsObject,
  signalOption,
  stringMapOption,
  stringOption,
  stringsOption,
} from '../options.js'
import type { RandomAccess } from '../io/random-access.js'
import { isNotASource, notASource } from '../io/sources/not-a-source.js'
import { inputObject, isRandomAccess, sourceOption } from './source-option.js'
import { checkGlobalArgs, checkInput, checkOutput } from './args/build-arguments.js'
import { demuxersFor } from './args/safe-demuxers.js'
import { childEnvironment } from './child/environment.js'
import { meantBy, misnamed } from './args/misnamed-formats.js'
import type {
  FfmpegProcessInput,
  FfmpegProcessOptions,
  FfmpegInputOptions,
  FfmpegOutputOptions,
  FfmpegReadableOptions,
  FfmpegRunOptions,
  FfmpegTransformOptions,
} from './ffmpeg-options.js'
import type { OnMissing } from './streams/input-info.js'
import { type Limits, limitsOption } from './limits/limits.js'
import { type Prepare, prepareOption } from './route/source-look.js'
import {
  COVER_CHOICES,
  type CoverChoice,
  LAYOUTS,
  impliedLayout,
  type OutputLayout,
  checkLayout,
} from './args/output-layout.js'

/** Checked options common to everything that runs ffmpeg, with their defaults. */
export interface Settings {
  readonly ffmpegPath: string | undefined
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly signal: AbortSignal | undefined
  readonly killTimeout: number
  readonly limits: Limits
  readonly cacheSize: number
  readonly highWaterMark: number
}

/** Checked options of an input. */
export interface InputSettings {
  readonly format: string | undefined
  readonly args: readonly string[]
  readonly formatWhitelist: readonly string[]
}

/** Checked options of a piped input. */
export interface PipeSettings extends InputSettings {
  readonly seek: 'auto' | 'always' | 'never'
}

/** Checked options of an input read by seeking. */
export interface SourceSettings extends InputSettings {
  readonly source: RandomAccess
}

/** Checked options of an output. */
export interface OutputSettings {
  readonly format: string
  readonly args: readonly string[]
  readonly layout: OutputLayout
  readonly onMissing: OnMissing
  readonly cover: CoverChoice
}

/** Checked options of `FfmpegTransform`. */
export interface TransformSettings extends Settings {
  readonly input: PipeSettings
  readonly output: OutputSettings
  readonly discardLimit: number
  readonly sniffSize: number
}

/** Checked options of `FfmpegReadable`. */
export interface ReadableSettings extends Settings {
  readonly inputs: readonly SourceSettings[]
  readonly output: OutputSettings
  readonly prepare: Prepare | undefined
}

/** Checked options of `FfmpegProcess`. */
export interface ProcessSettings extends Settings {
  readonly inputs: readonly (PipeSettings | SourceSettings)[]
  readonly outputs: readonly OutputSettings[]
  readonly discardLimit: number
  readonly sniffSize: number
}

const SHARED = [
  'ffmpegPath',
  'globalArgs',
  'env',
  'signal',
  'killTimeout',
  'limits',
  'cacheSize',
  'highWaterMark',
]
const OF_INPUT = ['format', 'args', 'formatWhitelist']
const OF_PIPES = ['discardLimit', 'sniffSize']

/** Checks the options of a stage with one piped input; throws an `OptionError` or an `FfmpegError`. */
export function transformSettings(options: FfmpegTransformOptions, of: string): TransformSettings {
  knownOptions(optionsObject(options, of), of, ['input', 'output', ...SHARED, ...OF_PIPES])
  return {
    ...sharedSettings(options),
    output: outputSettings(objectOption(options, 'output'), 'output'),
    input: pipeSettings(pipedInput(options), 'input'),
    ...discardSettings(options),
  }
}

/** Checks the options of a stage that reads all inputs by seeking; throws as {@link transformSettings}. */
export function readableSettings(options: FfmpegReadableOptions, of: string): ReadableSettings {
  knownOptions(optionsObject(options, of), of, ['input', 'inputs', 'output', ...SHARED])
  const { input, inputs } = options as { input?: unknown; inputs?: unknown }
  const list: unknown = input === undefined ? inputs : [input]
  if ((input !== undefined && inputs !== undefined) || !Array.isArray(list) || list.length === 0) {
    const rule = 'a source, or an object with the source as "source"; or "inputs" an array of these'
    throw optionError('input', rule, inputs ?? input)
  }
  return {
    ...sharedSettings(options, list.length),
    prepare: prepareOption(options),
    output: outputSettings(objectOption(options, 'output'), 'output'),
    inputs: list.map((one: unknown, n) => {
      const name = input === undefined ? `inputs[${n}]` : 'input'
      return sourceSettings(inputObject(one, name), name)
    }),
  }
}

/** Checks the options of any number of inputs and outputs; throws as {@link transformSettings}. */
export function processSettings(options: FfmpegProcessOptions, of: string): ProcessSettings {
  knownOptions(optionsObject(options, of), of, ['inputs', 'outputs', 'filterComplex', ...SHARED, ...OF_PIPES])
  const { inputs, outputs } = options
  for (const [name, list] of Object.entries({ inputs, outputs })) {
    if (!Array.isArray(list) || list.length === 0) throw optionError(name, 'an array with at least one', list)
  }
  const filters = stringOption(options, 'filterComplex', { default: undefined })
  const complex = filters === undefined ? [] : ['-filter_complex', filters]
  checkGlobalArgs(complex, 'filterComplex')
  const shared = sharedSettings(options, inputs.length)
  return {
    ...shared,
    globalArgs: [...shared.globalArgs, ...complex],
    outputs: outputs.map((output, n) => outputSettings(output, `outputs[${n}]`)),
    inputs: inputs.map((one: unknown, n) => {
      const name = `inputs[${n}]`
      const input = inputObject(one, name)
      const isPiped = (input as FfmpegProcessInput).source === undefined
      return isPiped ? pipeSettings(input, name) : sourceSettings(input, name)
    }),
    ...discardSettings(options),
  }
}

/** The name of a demuxer, if given. */
export function demuxerOption(options: object, option: string): string | undefined {
  const name = stringOption(options, option, { default: undefined })
  if (name !== undefined) checkDemuxer(name, option)
  return name
}

function checkDemuxer(name: string, option: string): void {
  const meant = meantBy(name, 'demuxer')
  if (meant !== undefined) throw misnamed(name, meant, 'demuxer', option)
}

/** The demuxers that may open an input of the given `format`, if any. */
export function formatWhitelistOption(
  options: object,
  option: string,
  format: string | undefined,
): readonly string[] {
  const list = stringsOption(options, option)
  list.forEach((name, n) => checkDemuxer(name, `${option}[${n}]`))
  return demuxersFor(list, format)
}

/**
 * Checks the options common to everything that runs ffmpeg; throws as {@link transformSettings}.
 *
 * @param inputs - number of inputs that share the cache; each needs at least one block
 */
export function sharedSettings(options: FfmpegRunOptions, inputs = 1): Settings {
  const globalArgs = stringsOption(options, 'globalArgs')
  checkGlobalArgs(globalArgs)
  return {
    ffmpegPath: stringOption(options, 'ffmpegPath', { default: undefined }),
    globalArgs,
    env: childEnvironment(stringMapOption(options, 'env')),
    signal: signalOption(options),
    killTimeout: integerOption(options, 'killTimeout', {
      min: 0,
      max: MAX_TIMEOUT,
      default: 5000,
      unit: 'milliseconds',
    }),
    limits: limitsOption(options),
    cacheSize: integerOption(options, 'cacheSize', {
      min: inputs * MiB,
      max: 64 * GiB,
      default: Math.max(32, inputs) * MiB,
      unit: 'bytes',
    }),
    highWaterMark: integerOption(options, 'highWaterMark', {
      min: 1,
      max: GiB,
      default: 256 * KiB,
      unit: 'bytes',
    }),
  }
}

function discardSettings(options: object): Pick<ProcessSettings, 'discardLimit' | 'sniffSize'> {
  return {
    discardLimit: integerOption(options, 'discardLimit', {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      default: GiB,
      unit: 'bytes',
      infinity: true,
    }),
    sniffSize: integerOption(options, 'sniffSize', {
      min: 0,
      max: 16 * MiB,
      default: 64 * KiB,
      unit: 'bytes',
    }),
  }
}

function pipeSettings(input: object, name: string): PipeSettings {
  knownOptions(input, name, [...OF_INPUT, 'seek'])
  return {
    ...inputSettings(input, name),
    seek: oneOfOption(input, `${name}.seek`, { values: ['auto', 'always', 'never'], default: 'auto' }),
  }
}

function sourceSettings(input: object, name: string): SourceSettings {
  knownOptions(input, name, ['source', ...OF_INPUT])
  return { ...inputSettings(input, name), source: sourceOption(input, `${name}.source`) }
}

/** Options of the one piped input: it has no source. */
function pipedInput(options: FfmpegTransformOptions): FfmpegInputOptions {
  const { input } = options as { input?: unknown }
  const hasSource = typeof input === 'object' && input !== null && 'source' in input
  if (!hasSource && !isNotASource(input) && !isRandomAccess(input))
    return objectOption(options, 'input') ?? {}
  throw notASource(
    'input',
    'an object with options for the piped input; to read from a source, use FfmpegReadable',
    input,
  )
}

function inputSettings(input: object, name: string): InputSettings {
  const format = demuxerOption(input, `${name}.format`)
  const settings = {
    format,
    args: stringsOption(input, `${name}.args`),
    formatWhitelist: formatWhitelistOption(input, `${name}.formatWhitelist`, format),
  }
  checkInput(settings, name)
  return settings
}

function outputSettings(output: FfmpegOutputOptions | undefined, name: string): OutputSettings {
  if (output === undefined) throw optionError(name, 'an object with the "format" to write', output)
  knownOptions(optionsObject(output, name), name, ['format', 'args', 'layout', 'onMissing', 'cover'])
  const format = stringOption(output, `${name}.format`, { default: undefined })
  if (format === undefined) throw optionError(`${name}.format`, 'the name of a muxer', format)
  const args = stringsOption(output, `${name}.args`)
  const implied = impliedLayout({ format, args }, name)
  const layout = oneOfOption(output, `${name}.layout`, { values: LAYOUTS, default: implied })
  const onMissing = onMissingOption(output, `${name}.onMissing`)
  const cover = coverOption(output, `${name}.cover`, format)
  const settings = { format, args, layout, onMissing, cover }
  checkOutput(settings, name)
  checkLayout(settings, name)
  return settings
}

function onMissingOption(output: FfmpegOutputOptions, name: string): OnMissing {
  const given: unknown = output.onMissing
  if (given === undefined) return 'tell'
  if (given === 'tell' || given === 'error' || typeof given === 'function') return given as OnMissing
  throw optionError(name, '"tell", "error" or a function', given)
}

/** Muxers whose files have iTunes metadata. */
const COVERED: ReadonlySet<string> = new Set(['mp4', 'ipod'])

function coverOption(output: FfmpegOutputOptions, name: string, format: string): CoverChoice {
  const cover = oneOfOption(output, name, { values: COVER_CHOICES, default: 'leave-out' })
  if (cover === 'leave-out' || COVERED.has(format)) return cover
  const rule = `"leave-out" for "${format}"; "keep" is for mp4 and ipod, and an MP3 keeps its cover with layout "file"`
  throw optionError(name, rule, cover)
}
