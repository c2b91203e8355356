import {
  GiB,
  MAX_TIMEOUT,
  MiB,
  integerOption,
  knownOptions,
  objectOption,
  optionError,
  optionsObject,
} from '../../options.js'

/**
 * Limits on the cost of decoding untrusted media. Exceeding one is an error with its own code, and nothing is
 * stored; the output is never silently truncated.
 */
export interface FfmpegLimits {
  /**
   * The longest output, in seconds of media: above 0, or `Infinity`. It is checked as ffmpeg proceeds, not from the
   * input's stated duration. Exceeded: `AVIO_ERR_LIMIT_DURATION`.
   */
  maxDuration?: number | undefined
  /**
   * The largest video frame of an input, in pixels (width × height): 1 to 2³¹ − 1. A small file can decode to frames
   * of gigabytes. Covers count as well. A frame that grows within a stream is detected at about twice the limit.
   * Exceeded: `AVIO_ERR_LIMIT_PIXELS`.
   */
  maxPixels?: number | undefined
  /**
   * The most bytes that ffmpeg may write, over all outputs: 1 to 2⁵³ − 1, or `Infinity`. (`-fs`, which truncates the
   * output and reports success, is refused.) Exceeded: `AVIO_ERR_LIMIT_OUTPUT_BYTES`.
   */
  maxOutputBytes?: number | undefined
  /**
   * The longest wall-clock time of the job, in milliseconds from the first read: 1 to 2³¹ − 1, or `Infinity`. Time
   * spent waiting for a slow sink or source counts too. Exceeded: `AVIO_ERR_LIMIT_TIMEOUT`.
   */
  timeout?: number | undefined
  /**
   * The longest time without progress, in milliseconds: 1 to 2³¹ − 1, or `Infinity`. Progress is a byte in, a byte out,
   * or a step of ffmpeg's own progress; time in which the sink accepts nothing does not count. Exceeded:
   * `AVIO_ERR_LIMIT_IDLE`.
   */
  idleTimeout?: number | undefined
  /**
   * Threads per decoder, encoder and filter graph: 1 to 1024. It follows the arguments, and so overrides their
   * `-threads`.
   */
  threads?: number | undefined
  /** ffmpeg's niceness: 0 to 19, set by the command `nice`. An error if that is missing (Windows). */
  nice?: number | undefined
  /**
   * Address space, in bytes: 64 MiB to 2⁵³ − 1, set by the command `prlimit`. An error if that is missing (it exists
   * only on Linux). The libraries alone take some 400 MiB, and each thread a few: leave a wide margin. Exceeded:
   * `AVIO_ERR_LIMIT_MEMORY`.
   */
  memory?: number | undefined
  /**
   * Seconds of CPU time, over all threads: 1 to 2³¹ − 1, set by the command `prlimit`, as `memory`. Exceeded:
   * `AVIO_ERR_LIMIT_CPU`.
   */
  cpuSeconds?: number | undefined
}

/** Validated limits; an absent limit is `Infinity` or `undefined`. */
export interface Limits {
  readonly maxDuration: number
  readonly maxPixels: number
  readonly maxOutputBytes: number
  readonly timeout: number
  readonly idleTimeout: number
  readonly threads: number | undefined
  readonly nice: number | undefined
  readonly memory: number | undefined
  readonly cpuSeconds: number | undefined
}

/** Limits that the system enforces on a tool. */
export type SystemLimits = Pick<Limits, 'threads' | 'nice' | 'memory' | 'cpuSeconds'>

/** The largest frame that ffmpeg itself accepts. */
export const MOST_PIXELS = 2 ** 31 - 1

/** No limits. */
export const UNLIMITED: Limits = {
  maxDuration: Infinity,
  maxPixels: MOST_PIXELS,
  maxOutputBytes: Infinity,
  timeout: Infinity,
  idleTimeout: Infinity,
  threads: undefined,
  nice: undefined,
  memory: undefined,
  cpuSeconds: undefined,
}

/**
 * The limits for extracting images from media (`thumbnails`, `storyboard`): frames of up to 16,384 × 8,192, a minute
 * without progress, and an hour in total.
 */
export const LOOKING: Limits = {
  ...UNLIMITED,
  maxPixels: 2 ** 27,
  idleTimeout: 60_000,
  timeout: 3_600_000,
}

const NAMES = Object.keys(UNLIMITED)

/**
 * Validates the option `limits`.
 *
 * @param defaults - the values of absent limits
 * @param names - the limits available here
 * @throws {@link OptionError} for a limit that breaks its rule
 */
export function limitsOption(
  options: object,
  defaults: Limits = UNLIMITED,
  names: readonly string[] = NAMES,
): Limits {
  const given = objectOption<FfmpegLimits>(options, 'limits') ?? {}
  knownOptions(optionsObject(given, 'limits'), 'limits', names)
  const whole = <D extends number | undefined>(
    name: keyof Limits,
    rule: { min: number; max: number; default: D; unit?: string; infinity?: boolean },
  ) => integerOption(given, `limits.${name}`, rule)
  const time = { min: 1, max: MAX_TIMEOUT, unit: 'milliseconds', infinity: true }
  const most = Number.MAX_SAFE_INTEGER
  return {
    maxDuration: secondsOption(given, defaults.maxDuration),
    maxPixels: whole('maxPixels', { min: 1, max: MOST_PIXELS, default: defaults.maxPixels, unit: 'pixels' }),
    maxOutputBytes: whole('maxOutputBytes', {
      ...{ min: 1, max: most, default: defaults.maxOutputBytes },
      ...{ unit: 'bytes', infinity: true },
    }),
    timeout: whole('timeout', { ...time, default: defaults.timeout }),
    idleTimeout: whole('idleTimeout', { ...time, default: defaults.idleTimeout }),
    threads: whole('threads', { min: 1, max: 1024, default: defaults.threads }),
    nice: whole('nice', { min: 0, max: 19, default: defaults.nice }),
    memory: whole('memory', {
      min: 64 * MiB,
      max: 8 * 1024 * 1024 * GiB,
      default: defaults.memory,
      unit: 'bytes',
    }),
    cpuSeconds: whole('cpuSeconds', {
      min: 1,
      max: MAX_TIMEOUT,
      default: defaults.cpuSeconds,
      unit: 'seconds',
    }),
  }
}

/** The limits that the system enforces on a tool, whatever it runs for. */
export function systemLimits({ threads, nice, memory, cpuSeconds }: Limits): SystemLimits {
  return { threads, nice, memory, cpuSeconds }
}

function secondsOption({ maxDuration: value }: FfmpegLimits, by: number): number {
  if (value === undefined) return by
  if (typeof value === 'number' && value > 0) return value
  throw optionError('limits.maxDuration', 'a number of seconds above 0, or Infinity', value)
}
