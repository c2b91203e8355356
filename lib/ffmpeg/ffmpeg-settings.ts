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
import { checkGlobalArgs, checkInput, checkOutput } from './arguments.js'
import { SELF_CONTAINED } from './demuxers.js'
import { childEnvironment } from './environment.js'
import type {
  FfmpegInputOptions,
  FfmpegOptions,
  FfmpegOutputOptions,
  FfmpegReadableOptions,
  FfmpegSourceOptions,
  FfmpegTransformOptions,
} from './ffmpeg-options.js'

/** Checked options that every stage has, with their defaults. */
export interface Settings {
  readonly ffmpegPath: string | undefined
  readonly output: { readonly format: string; readonly args: readonly string[] }
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly signal: AbortSignal | undefined
  readonly killTimeout: number
  readonly cacheSize: number
  readonly highWaterMark: number
}

/** Checked options about an input. */
export interface InputSettings {
  readonly format: string | undefined
  readonly args: readonly string[]
  readonly formatWhitelist: readonly string[]
}

/** Checked options of `FfmpegTransform`. */
export interface TransformSettings extends Settings {
  readonly input: InputSettings & { readonly seek: 'auto' | 'always' | 'never' }
  readonly discardLimit: number
  readonly sniffSize: number
}

/** Checked options of `FfmpegReadable`. */
export interface ReadableSettings extends Settings {
  readonly inputs: readonly (InputSettings & { readonly source: RandomAccess })[]
}

const SHARED = [
  'ffmpegPath',
  'output',
  'globalArgs',
  'env',
  'signal',
  'killTimeout',
  'cacheSize',
  'highWaterMark',
]
const OF_INPUT = ['format', 'args', 'formatWhitelist']

/** Checks the options of a stage with one input that is piped in; throws an `OptionError` or an `FfmpegError`. */
export function transformSettings(options: FfmpegTransformOptions, of: string): TransformSettings {
  knownOptions(optionsObject(options, of), of, ['input', ...SHARED, 'discardLimit', 'sniffSize'])
  const input = objectOption<FfmpegInputOptions>(options, 'input') ?? {}
  knownOptions(input, 'input', [...OF_INPUT, 'seek'])
  return {
    ...sharedSettings(options),
    input: {
      ...inputSettings(input, 'input'),
      seek: oneOfOption(input, 'input.seek', { values: ['auto', 'always', 'never'], default: 'auto' }),
    },
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

/** Checks the options of a stage whose inputs are all read by address; throws as {@link transformSettings}. */
export function readableSettings(options: FfmpegReadableOptions, of: string): ReadableSettings {
  knownOptions(optionsObject(options, of), of, ['input', 'inputs', ...SHARED])
  const one = objectOption<FfmpegSourceOptions>(options, 'input')
  const { inputs = one === undefined ? [] : [one] } = options
  if ((one !== undefined && options.inputs !== undefined) || !Array.isArray(inputs) || inputs.length === 0) {
    throw optionError(
      'input',
      'an object with the "source" to read, or "inputs" an array of such',
      options.inputs,
    )
  }
  return {
    ...sharedSettings(options, inputs.length),
    inputs: inputs.map((input: FfmpegSourceOptions, n) => {
      const name = one === undefined ? `inputs[${n}]` : 'input'
      knownOptions(optionsObject(input, name), name, ['source', ...OF_INPUT])
      return { ...inputSettings(input, name), source: sourceOption(input, `${name}.source`) }
    }),
  }
}

/** Whether something has random access, as far as can be seen from outside. */
export function isRandomAccess(source: unknown): source is RandomAccess {
  const { size, read } = Object(source) as Partial<RandomAccess>
  return typeof size === 'function' && typeof read === 'function'
}

/** The demuxers that may open an input: the user's list, or those of containers that hold all their media themselves. */
export function formatWhitelistOption(options: object, option: string): readonly string[] {
  const list = stringsOption(options, option)
  return list.length > 0 ? list : SELF_CONTAINED
}

/** Something with random access, as far as can be seen from outside. */
export function sourceOption(options: object, option: string): RandomAccess {
  const { source } = options as { source?: unknown }
  if (isRandomAccess(source)) return source
  throw optionError(option, 'a RandomAccess, an object with the methods size() and read()', source)
}

/** @param inputs - how many share the cache: each needs a block of it, at least */
function sharedSettings(options: FfmpegOptions, inputs = 1): Settings {
  const globalArgs = stringsOption(options, 'globalArgs')
  checkGlobalArgs(globalArgs)
  return {
    ffmpegPath: stringOption(options, 'ffmpegPath', { default: undefined }),
    output: outputSettings(options),
    globalArgs,
    env: childEnvironment(stringMapOption(options, 'env')),
    signal: signalOption(options),
    killTimeout: integerOption(options, 'killTimeout', {
      min: 0,
      max: MAX_TIMEOUT,
      default: 5000,
      unit: 'milliseconds',
    }),
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

function inputSettings(input: object, name: string): InputSettings {
  const settings = {
    format: stringOption(input, `${name}.format`, { default: undefined }),
    args: stringsOption(input, `${name}.args`),
    formatWhitelist: formatWhitelistOption(input, `${name}.formatWhitelist`),
  }
  checkInput(settings, name)
  return settings
}

function outputSettings(options: FfmpegOptions): Settings['output'] {
  const output = objectOption<FfmpegOutputOptions>(options, 'output')
  if (output === undefined) throw optionError('output', 'an object with the "format" to write', output)
  knownOptions(output, 'output', ['format', 'args'])
  const format = stringOption(output, 'output.format', { default: undefined })
  if (format === undefined) throw optionError('output.format', 'the name of a muxer', format)
  const settings = { format, args: stringsOption(output, 'output.args') }
  checkOutput(settings)
  return settings
}
