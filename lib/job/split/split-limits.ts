import { limitError, tooLong, tooManyBytes } from '../../ffmpeg/limits/limit-errors.js'
import { type FfmpegLimits, limitsOption } from '../../ffmpeg/limits/limits.js'
import type { ProbeLimits } from '../../ffmpeg/probe/probe-options.js'
import type { Fmp4Validator } from '../../mp4/fmp4-validator.js'
import { integerOption, objectOption } from '../../options.js'

/**
 * Limits for untrusted media. Each ffmpeg of a plan has all of them, as if it made the whole; `maxDuration` is also
 * checked while planning, and `maxOutputBytes` for all pieces together.
 */
export interface SplitLimits extends FfmpegLimits {
  /**
   * The largest source, in bytes: 1 to 2⁵³ − 1, or `Infinity`. Checked before anything of it is read. Exceeded:
   * `AVIO_ERR_LIMIT_INPUT_BYTES`.
   */
  maxInputBytes?: number | undefined
  /**
   * The most objects of a package: segments, initialization segments and sheets of thumbnails. 1 to 2⁵³ − 1, or
   * `Infinity`. Checked for each piece, and for all of them before anything is published. Exceeded:
   * `AVIO_ERR_LIMIT_OBJECTS`.
   */
  maxObjects?: number | undefined
}

/** The limits of a plan, as JSON: an absent one is unlimited. They do not change the pieces. */
export type PlannedLimits = { readonly [Name in keyof SplitLimits]?: number }

/** Checks the option `limits`. @throws `OptionError` */
export function splitLimitsOption(options: object): PlannedLimits | undefined {
  const given = objectOption<SplitLimits>(options, 'limits')
  if (given === undefined) return undefined
  const { maxInputBytes, maxObjects, ...limits } = given
  const count = { min: 1, max: Number.MAX_SAFE_INTEGER, default: Infinity, infinity: true }
  integerOption({ maxInputBytes }, 'limits.maxInputBytes', { ...count, unit: 'bytes' })
  integerOption({ maxObjects }, 'limits.maxObjects', count)
  limitsOption({ limits })
  // JSON has no Infinity.
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== Infinity)
  return set.length === 0 ? undefined : Object.fromEntries(set)
}

/** The limits of an ffmpeg that looks at the source. */
export function lookLimits(limits: PlannedLimits = {}): FfmpegLimits {
  const { maxPixels, timeout, idleTimeout, threads, nice, memory, cpuSeconds } = limits
  return { maxPixels, timeout, idleTimeout, threads, nice, memory, cpuSeconds }
}

/** Those of them that ffprobe takes. */
export function probeLimits({ maxPixels, threads, nice, memory, cpuSeconds }: FfmpegLimits): ProbeLimits {
  return { maxPixels, threads, nice, memory, cpuSeconds }
}

/**
 * The limits of an ffmpeg that makes a piece. Its length is checked in its own fragments: with `-copyts`, ffmpeg
 * reports no absolute times.
 */
export function pieceLimits(limits: PlannedLimits = {}): FfmpegLimits {
  return { ...lookLimits(limits), maxOutputBytes: limits.maxOutputBytes }
}

/** The limits of the ffmpeg that joins: the frames of its input may be larger than those of the source. */
export function joinLimits(limits: PlannedLimits = {}): FfmpegLimits {
  return { ...pieceLimits(limits), maxPixels: undefined }
}

/**
 * The threads of each encoder, which the bytes of some encoders depend on: as in a single run, a limit overrides the
 * arguments.
 */
export function threadsWithin({ threads = Infinity }: PlannedLimits = {}, wanted: number): number {
  return Math.min(threads, wanted)
}

/** The most objects of a package. */
export function mostObjects({ maxObjects = Infinity }: PlannedLimits = {}): number {
  return maxObjects
}

/** Checks the size of the source. @throws `FfmpegError` `AVIO_ERR_LIMIT_INPUT_BYTES` */
export function checkInputBytes(
  { maxInputBytes = Infinity }: PlannedLimits = {},
  name: string,
  size: number,
): void {
  if (size > maxInputBytes) throw tooManyBytes(`${name} has ${size} bytes,`, maxInputBytes)
}

/**
 * Checks the length of the output.
 *
 * @param end - the end of one of its tracks, in seconds
 * @throws `FfmpegError` `AVIO_ERR_LIMIT_DURATION`
 */
export function checkDuration({ maxDuration = Infinity }: PlannedLimits = {}, end: number): void {
  if (end > maxDuration) throw tooLong('The output', maxDuration)
}

/** Destroys the validator of a piece at the first fragment beyond `maxDuration`, with `AVIO_ERR_LIMIT_DURATION`. */
export function limitDuration(validator: Fmp4Validator, limits: PlannedLimits | undefined): void {
  const timescales = new Map<number, number>()
  validator.on('init', ({ tracks }) => {
    for (const { id, timescale } of tracks) timescales.set(id, timescale)
  })
  validator.on('fragment', ({ tracks }) => {
    try {
      for (const { trackId, startTicks, durationTicks } of tracks)
        checkDuration(limits, (startTicks + durationTicks) / timescales.get(trackId)!)
    } catch (error) {
      validator.destroy(error as Error)
    }
  })
}

/** The parts of a result that limits concern. */
interface Finished {
  readonly renditions: readonly {
    readonly media: { readonly bytes: number }
    readonly tracks: readonly {
      readonly timescale: number
      readonly startTicks: number
      readonly durationTicks: number
    }[]
  }[]
}

/**
 * Checks all finished pieces together. An earlier plan without limits may have made some of them.
 *
 * @throws `FfmpegError` `AVIO_ERR_LIMIT_OUTPUT_BYTES`, `AVIO_ERR_LIMIT_DURATION`
 */
export function checkFinished(limits: PlannedLimits | undefined, results: readonly Finished[]): void {
  const renditions = results.flatMap(({ renditions }) => renditions)
  for (const { timescale, startTicks, durationTicks } of renditions.flatMap(({ tracks }) => tracks))
    checkDuration(limits, (startTicks + durationTicks) / timescale)
  const { maxOutputBytes = Infinity } = limits ?? {}
  const bytes = renditions.reduce((sum, { media }) => sum + media.bytes, 0)
  if (bytes <= maxOutputBytes) return
  const what = `The pieces have ${bytes} bytes, more than ${maxOutputBytes} (limits.maxOutputBytes).`
  throw limitError('AVIO_ERR_LIMIT_OUTPUT_BYTES', what, 'lower the bit rate.')
}
