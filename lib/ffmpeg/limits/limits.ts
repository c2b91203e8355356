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
 * Limits for media that strangers bring: what its decoding may cost. One that is exceeded is an error with a code of
 * its own, and nothing is stored; never an output that is shorter and looks whole.
 */
export interface FfmpegLimits {
  /**
   * The longest output, in seconds of media: above 0, or `Infinity`. It is found out as ffmpeg gets there, not from
   * what the input states. Exceeded: `AVIO_ERR_LIMIT_DURATION`.
   */
  maxDuration?: number | undefined
  /**
   * The largest picture that an input may have, in pixels (width × height): 1 to 2³¹ − 1. A small file can unpack to
   * pictures of gigabytes. Covers count as well. One that grows within a stream is found at some twice as many.
   * Exceeded: `AVIO_ERR_LIMIT_PIXELS`.
   */
  maxPixels?: number | undefined
  /**
   * How many bytes ffmpeg may write, to all outputs together: 1 to 2⁵³ − 1, or `Infinity`. (`-fs`, which cuts the
   * output and calls that a success, is refused.) Exceeded: `AVIO_ERR_LIMIT_OUTPUT_BYTES`.
   */
  maxOutputBytes?: number | undefined
  /**
   * How long all of it may take by the clock, in milliseconds from the first read: 1 to 2³¹ − 1, or `Infinity`. A sink
   * or a source that is slow counts too. Exceeded: `AVIO_ERR_LIMIT_TIMEOUT`.
   */
  timeout?: number | undefined
  /**
   * How long nothing may move, in milliseconds: 1 to 2³¹ − 1, or `Infinity`. Moving is a byte in, a byte out, or a step
   * of ffmpeg's own progress; time in which the sink takes nothing is not counted. Exceeded: `AVIO_ERR_LIMIT_IDLE`.
   */
  idleTimeout?: number | undefined
  /**
   * Threads for each decoder, encoder and filter graph: 1 to 1024. It comes behind the arguments, and so wins over a
   * `-threads` among them.
   */
  threads?: number | undefined
  /** How much ffmpeg steps back for others: 0 to 19, by the command `nice`. An error where there is none (Windows). */
  nice?: number | undefined
  /**
   * Address space, in bytes: 64 MiB to 2⁵³ − 1, by the command `prlimit`. An error where there is none (it is Linux's).
   * The libraries alone take some 400 MiB, and each thread a few: set it well above what is needed. Exceeded:
   * `AVIO_ERR_LIMIT_MEMORY`.
   */
  memory?: number | undefined
  /**
   * Seconds of CPU time, of all threads together: 1 to 2³¹ − 1, by the command `prlimit`, as `memory`. Exceeded:
   * `AVIO_ERR_LIMIT_CPU`.
   */
  cpuSeconds?: number | undefined
}

/** Limits, checked; what is not limited is `Infinity` or `undefined`. */
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

/** Limits that the system holds a tool to. */
export type SystemLimits = Pick<Limits, 'threads' | 'nice' | 'memory' | 'cpuSeconds'>

/** The largest picture that ffmpeg itself takes. */
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
 * The limits of what looks into media for pictures (`thumbnails`, `storyboard`): such of up to 16,384 × 8,192, a minute
 * without a step, and an hour for all of it.
 */
export const LOOKING: Limits = {
  ...UNLIMITED,
  maxPixels: 2 ** 27,
  idleTimeout: 60_000,
  timeout: 3_600_000,
}

const NAMES = Object.keys(UNLIMITED)

/**
 * Checks the option `limits`.
 *
 * @param defaults - what is not given
 * @param names - those that there are here
 * @throws {@link OptionError} for one that breaks its rule
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

/** Of limits those that the system holds a tool to, whatever it is run for. */
export function systemLimits({ threads, nice, memory, cpuSeconds }: Limits): SystemLimits {
  return { threads, nice, memory, cpuSeconds }
}

function secondsOption({ maxDuration: value }: FfmpegLimits, by: number): number {
  if (value === undefined) return by
  if (typeof value === 'number' && value > 0) return value
  throw optionError('limits.maxDuration', 'a number of seconds above 0, or Infinity', value)
}
