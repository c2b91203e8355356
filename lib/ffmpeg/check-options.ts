import { GiB, KiB, MAX_TIMEOUT, MiB } from '../options.js'
import {
  integerOption,
  knownOptions,
  objectOption,
  optionError,
  optionsObject,
  signalOption,
  stringMapOption,
  stringOption,
  stringsOption,
} from '../options.js'
import { inputObject } from './source-option.js'
import { checkGlobalArgs } from './args/build-arguments.js'
import { childEnvironment } from './child/environment.js'
import type {
  FfmpegProcessInput,
  FfmpegProcessOptions,
  FfmpegReadableOptions,
  FfmpegRunOptions,
  FfmpegTransformOptions,
} from './ffmpeg-options.js'
import {
  type PipeSettings,
  type SourceSettings,
  pipeSettings,
  pipedInput,
  sourceSettings,
} from './input-settings.js'
import { type Limits, limitsOption } from './limits/limits.js'
import { type OutputSettings, outputSettings } from './output-settings.js'
import { type Prepare, prepareOption } from './route/source-look.js'

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

/** Names of the options of everything that runs ffmpeg, for `knownOptions`. */
export const RUN_OPTIONS = [
  'ffmpegPath',
  'globalArgs',
  'env',
  'signal',
  'killTimeout',
  'limits',
  'cacheSize',
  'highWaterMark',
] as const satisfies readonly (keyof FfmpegRunOptions)[]
const OF_PIPES = ['discardLimit', 'sniffSize']

/** Checks the options of a stage with one piped input; throws an `OptionError` or an `FfmpegError`. */
export function transformSettings(options: FfmpegTransformOptions, of: string): TransformSettings {
  knownOptions(optionsObject(options, of), of, ['input', 'output', ...RUN_OPTIONS, ...OF_PIPES])
  return {
    ...sharedSettings(options),
    output: outputSettings(objectOption(options, 'output'), 'output'),
    input: pipeSettings(pipedInput(options), 'input'),
    ...discardSettings(options),
  }
}

/** Checks the options of a stage that reads all inputs by seeking; throws as {@link transformSettings}. */
export function readableSettings(options: FfmpegReadableOptions, of: string): ReadableSettings {
  knownOptions(optionsObject(options, of), of, ['input', 'inputs', 'output', ...RUN_OPTIONS])
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
  knownOptions(optionsObject(options, of), of, [
    'inputs',
    'outputs',
    'filterComplex',
    ...RUN_OPTIONS,
    ...OF_PIPES,
  ])
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
