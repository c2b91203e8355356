import type { FfmpegOptions } from '../ffmpeg/ffmpeg-options.js'
import { sourceOption } from '../ffmpeg/source-option.js'
import { type Limits, UNLIMITED, limitsOption } from '../ffmpeg/limits/limits.js'
import type { RandomAccess } from '../io/random-access.js'
import { optionError } from '../options.js'

/** What every whole task that reads one source is given. */
export interface JobOptions extends Pick<
  FfmpegOptions,
  'ffmpegPath' | 'cacheSize' | 'signal' | 'env' | 'limits'
> {
  /** What is read: an `S3Source`, a `FileSource`, an `HttpSource`, a `BytesSource`, or one of your own. */
  source: RandomAccess
}

/** Names of {@link JobOptions}, for `knownOptions`. */
export const JOB_OPTIONS = ['source', 'ffmpegPath', 'cacheSize', 'signal', 'env', 'limits'] as const

/**
 * What a stage is handed on of {@link JobOptions}; the source and the limits are checked.
 *
 * @param defaults - the limits that are not given
 */
export function stageOptions(options: JobOptions, defaults: Limits = UNLIMITED) {
  const { ffmpegPath, cacheSize, signal, env } = options
  const limits = limitsOption(options, defaults)
  return { source: sourceOption(options, 'source'), stage: { ffmpegPath, cacheSize, signal, env, limits } }
}

/** A time in seconds, from `min` on; `Infinity` is none. */
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
