import type { Readable } from 'node:stream'
import type { RandomAccess } from '../../io/random-access.js'
import {
  integerOption,
  knownOptions,
  MAX_TIMEOUT,
  MiB,
  optionsObject,
  signalOption,
  stringMapOption,
  stringOption,
} from '../../options.js'
import { childEnvironment } from '../child/environment.js'
import { demuxerOption, formatWhitelistOption } from '../input-settings.js'
import { type FfmpegLimits, UNLIMITED, limitsOption } from '../limits/limits.js'

/** Options of `probe`. */
export interface ProbeOptions {
  /** The ffprobe to run. @defaultValue the variable `FFPROBE_PATH`, else `ffprobe` on PATH, else beside ffmpeg */
  ffprobePath?: string | undefined
  /** The ffmpeg to run if there is no ffprobe. @defaultValue as for `FfmpegTransform` */
  ffmpegPath?: string | undefined
  /** The demuxer, if the bytes do not identify the format. @defaultValue found from the first bytes */
  format?: string | undefined
  /**
   * Demuxers that may open the source, as for `FfmpegTransform`.
   * @defaultValue the containers that hold all their media themselves, and the one named by `format`
   */
  formatWhitelist?: readonly string[] | undefined
  /** Environment variables for the tool, as for `FfmpegTransform`. @defaultValue none */
  env?: Record<string, string> | undefined
  /** Size of the cache for the source, in bytes: 1 MiB to 64 GiB. @defaultValue 8 MiB */
  cacheSize?: number | undefined
  /** Bytes to read from a stream without random access: 1 to 64 MiB. @defaultValue 5 MiB */
  probeSize?: number | undefined
  /** Time limit for source and tool together, in milliseconds: 1 to 2³¹ − 1. @defaultValue 30,000 */
  timeout?: number | undefined
  /**
   * Limits for the media and the cost of probing them: `maxDuration` and `maxPixels` as the media state them,
   * `threads`, `nice`, `memory` and `cpuSeconds` of the tool. Exceeding a limit is an error.
   * @defaultValue none, beside `timeout`
   */
  limits?: ProbeLimits | undefined
  /** Aborts, with an `AbortError`. @defaultValue none */
  signal?: AbortSignal | undefined
}

/** Options of `probe` in one object with the source. */
export interface ProbeSourceOptions extends ProbeOptions {
  /** The source: an `S3Source`, a `FileSource`, an `HttpSource`, a `BytesSource`, your own, or a stream. */
  source: RandomAccess | Readable
}

/** Limits of `probe`. */
export type ProbeLimits = Pick<
  FfmpegLimits,
  'maxDuration' | 'maxPixels' | 'threads' | 'nice' | 'memory' | 'cpuSeconds'
>

/** The names of {@link ProbeLimits}. */
export const PROBE_LIMITS = ['maxDuration', 'maxPixels', 'threads', 'nice', 'memory', 'cpuSeconds']

const KNOWN = [
  'source',
  'ffprobePath',
  'ffmpegPath',
  'format',
  'formatWhitelist',
  'env',
  'cacheSize',
  'probeSize',
  'timeout',
  'limits',
]

/** Checked options of `probe`, with their defaults. */
export type ProbeSettings = ReturnType<typeof probeSettings>

/**
 * Checks the options of `probe`.
 *
 * @throws {@link OptionError} for an option that breaks its rule
 */
export function probeSettings(options: ProbeOptions) {
  knownOptions(optionsObject(options, 'probe'), 'probe', [...KNOWN, 'signal'])
  const format = demuxerOption(options, 'format')
  return {
    ffprobePath: stringOption(options, 'ffprobePath', { default: undefined }),
    ffmpegPath: stringOption(options, 'ffmpegPath', { default: undefined }),
    format,
    formatWhitelist: formatWhitelistOption(options, 'formatWhitelist', format),
    env: childEnvironment(stringMapOption(options, 'env')),
    cacheSize: integerOption(options, 'cacheSize', {
      min: MiB,
      max: 65_536 * MiB,
      default: 8 * MiB,
      unit: 'bytes',
    }),
    probeSize: integerOption(options, 'probeSize', {
      min: 1,
      max: 64 * MiB,
      default: 5 * MiB,
      unit: 'bytes',
    }),
    timeout: integerOption(options, 'timeout', {
      min: 1,
      max: MAX_TIMEOUT,
      default: 30_000,
      unit: 'milliseconds',
    }),
    limits: limitsOption(options, UNLIMITED, PROBE_LIMITS),
    signal: signalOption(options),
  }
}
