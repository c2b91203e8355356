import { OptionError } from '../../errors.js'
import { integerOption, optionError } from '../../options.js'
import { secondsOption } from '../task-options.js'

/** The times of thumbnails: exactly one of the three forms. */
export type ThumbnailTimes = PicturesAtTimes | PicturesEvery | PictureCount

/** Thumbnails at given times. */
export interface PicturesAtTimes {
  /** The times, in seconds: at most 10,000. */
  times: readonly number[]
  /** Not given beside `times`. */
  every?: undefined
  /** Not given beside `times`. */
  count?: undefined
}

/** Thumbnails at regular intervals. */
export interface PicturesEvery {
  /** Not given beside `every`. */
  times?: undefined
  /** Interval in seconds, from the start on: 0.001 or more. */
  every: number
  /** Not given beside `every`. */
  count?: undefined
}

/** A number of thumbnails, spread evenly. */
export interface PictureCount {
  /** Not given beside `count`. */
  times?: undefined
  /** Not given beside `count`. */
  every?: undefined
  /** Number of thumbnails, 1 to 10,000, spread evenly: each in the middle of its share. */
  count: number
}

/** The most thumbnails of one call: a mistyped `every` should not request a million. */
const MAX_COUNT = 10_000

/** The times, if they are known without the duration; otherwise a function of the duration in seconds. */
export type Times = readonly number[] | ((duration: number) => number[])

/** Reads the options; throws an `OptionError`. */
export function thumbnailTimes(options: ThumbnailTimes): Times {
  const given = (['times', 'every', 'count'] as const).filter(name => options[name] !== undefined)
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none is given' : `${given.join(' and ')} are given`
    throw new OptionError('times', `Give exactly one of "times", "every" and "count": ${found}`, given)
  }
  const { times } = options
  if (times !== undefined) return checkedTimes(times)
  const count = integerOption(options, 'count', { min: 1, max: MAX_COUNT, default: undefined })
  if (count !== undefined) return duration => evenly(count, duration)
  const every = secondsOption(options, 'every', { min: 0.001, default: 1 })
  return duration => regularly(every, duration)
}

function checkedTimes(times: readonly number[]): number[] {
  const given: unknown = times
  const isTime = (time: unknown): time is number =>
    typeof time === 'number' && Number.isFinite(time) && time >= 0
  if (Array.isArray(given) && given.length <= MAX_COUNT && given.every(isTime)) return [...given]
  throw optionError('times', `an array of at most ${MAX_COUNT} numbers of seconds, 0 or more`, given)
}

function evenly(count: number, duration: number): number[] {
  return Array.from({ length: count }, (_, n) => ((n + 0.5) * duration) / count)
}

function regularly(every: number, duration: number): number[] {
  // The last frame starts before the end; media that end on a multiple have no frame there.
  const count = Math.max(1, Math.ceil(duration / every))
  if (count > MAX_COUNT) {
    const message = `at least ${(duration / MAX_COUNT).toFixed(3)} seconds for ${duration.toFixed(1)} seconds of media`
    throw optionError('every', message, every)
  }
  return Array.from({ length: count }, (_, n) => n * every)
}
