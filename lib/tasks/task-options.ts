import { RUN_OPTIONS, sharedSettings } from '../ffmpeg/check-options.js'
import type { FfmpegDemuxerOptions, FfmpegRunOptions } from '../ffmpeg/ffmpeg-options.js'
import { formatWhitelistOption } from '../ffmpeg/input-settings.js'
import { sourceOption } from '../ffmpeg/source-option.js'
import { type Limits, UNLIMITED, limitsOption } from '../ffmpeg/limits/limits.js'
import type { RandomAccess } from '../io/random-access.js'
import { optionError } from '../options.js'

/** Options of every task that reads one source: the source, and how to run ffmpeg. */
export interface TaskOptions extends FfmpegRunOptions, Pick<FfmpegDemuxerOptions, 'formatWhitelist'> {
  /** The source: an `S3Source`, a `FileSource`, an `HttpSource`, a `BytesSource`, or your own. */
  source: RandomAccess
}

/** Names of {@link TaskOptions}, for `knownOptions`. */
export const TASK_OPTIONS = [
  'source',
  'formatWhitelist',
  ...RUN_OPTIONS,
] as const satisfies readonly (keyof TaskOptions)[]

/**
 * Checks {@link TaskOptions}, and splits them into the source, the options of its input, and the options of every
 * stage.
 *
 * @param defaults - the defaults of the limits
 */
export function stageOptions(options: TaskOptions, defaults: Limits = UNLIMITED) {
  sharedSettings(options)
  formatWhitelistOption(options, 'formatWhitelist', undefined)
  const { ffmpegPath, globalArgs = [], env, signal, killTimeout, cacheSize, highWaterMark } = options
  const limits = limitsOption(options, defaults)
  return {
    source: sourceOption(options, 'source'),
    input: { formatWhitelist: options.formatWhitelist },
    stage: { ffmpegPath, globalArgs, env, signal, killTimeout, limits, cacheSize, highWaterMark },
  }
}

/** The {@link TaskOptions} among the options of a task, for another task. */
export function taskOptions(options: TaskOptions): TaskOptions {
  const own: object = Object.fromEntries(TASK_OPTIONS.map(name => [name, options[name]]))
  return own as TaskOptions
}

/** A time in seconds, at least `min`; `Infinity` is invalid. */
export function secondsOption<D extends number | undefined>(
  options: object,
  option: string,
  rule: { readonly min: number; readonly default: D },
): number | D {
  const value = (options as Record<string, unknown>)[option]
  if (value === undefined) return rule.default
  if (typeof value === 'number' && Number.isFinite(value) && value >= rule.min) return value
  throw optionError(option, `a number of seconds, ${rule.min} or more`, value)
}
