import { isNotASource, notASource } from '../io/sources/not-a-source.js'
import type { RandomAccess } from '../io/random-access.js'
import { knownOptions, objectOption, oneOfOption, stringOption, stringsOption } from '../options.js'
import { checkInput } from './args/build-arguments.js'
import { meantBy, misnamed } from './args/misnamed-formats.js'
import { demuxersFor } from './args/safe-demuxers.js'
import type { FfmpegInputOptions, FfmpegTransformOptions } from './ffmpeg-options.js'
import { isRandomAccess, sourceOption } from './source-option.js'

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

const OF_INPUT = ['format', 'args', 'formatWhitelist']

/** Checks the options of a piped input; throws an `OptionError` or an `FfmpegError`. */
export function pipeSettings(input: object, name: string): PipeSettings {
  knownOptions(input, name, [...OF_INPUT, 'seek'])
  return {
    ...inputSettings(input, name),
    seek: oneOfOption(input, `${name}.seek`, { values: ['auto', 'always', 'never'], default: 'auto' }),
  }
}

/** Checks the options of an input read by seeking; throws as {@link pipeSettings}. */
export function sourceSettings(input: object, name: string): SourceSettings {
  knownOptions(input, name, ['source', ...OF_INPUT])
  return { ...inputSettings(input, name), source: sourceOption(input, `${name}.source`) }
}

/** Options of the one piped input: it has no source. */
export function pipedInput(options: FfmpegTransformOptions): FfmpegInputOptions {
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
