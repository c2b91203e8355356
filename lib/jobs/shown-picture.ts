import type { MediaFormat } from '../ffmpeg/report/media-info.js'
import type { FfmpegLogEntry } from '../ffmpeg/log/log.js'

/**
 * Which picture is shown at a time. At a variable frame rate that is seldom one that begins there: a recording of a
 * screen that stands still from 2 to 12 s shows the picture of 1.96 s at 8 s. ffmpeg's own `-ss` drops it, because it
 * begins before, and takes the one of 12 s.
 *
 * So ffmpeg is led to a key frame at or before the time, all pictures from there on are decoded, and the last one that
 * begins at or before the time is it. Before the first picture the first one counts, behind the last one the last.
 *
 * Where ffmpeg lands is the demuxer's matter: with an index on the key frame, in MPEG-TS anywhere near the time. A
 * landing is good where a picture that can be decoded by itself comes at or before the time; else ffmpeg goes back
 * further, and the beginning is always good.
 */

/** Times are compared in microseconds, ffmpeg's own grain: its report rounds seconds to six digits. */
const MICROSECONDS = 1e6

/** How far before the time ffmpeg is led, in seconds: first not at all. What follows is the beginning. */
const STEPS_BACK = [0, 4, 16, 64, 256]

/**
 * Demuxers without an index: ffmpeg lands between two key frames, and the first one it can decode comes after the time.
 */
const WITHOUT_INDEX = ['mpegts', 'mpeg']

/** Demuxers that call pictures key frames that are drawn over those before them. */
const FROM_THE_START = ['gif', 'apng']

/** The time line of some media. */
export interface TimeLine {
  /** Where it begins by the container's clock, in seconds: MPEG-TS mostly begins at 1.4 s. */
  readonly start: number
  /** The names of the demuxer. */
  readonly names: readonly string[]
}

/** What `probe` says of it. What lies before 0 is the decoder's run-up and never shown. */
export function timeLineOf({ startTime = 0, names }: Pick<MediaFormat, 'startTime' | 'names'>): TimeLine {
  return { start: Math.max(0, startTime), names }
}

/** A time by ffmpeg's clock in whole microseconds. */
export function onClock(time: number, { start }: TimeLine): number {
  return Math.round(time * MICROSECONDS) + Math.round(start * MICROSECONDS)
}

/** The time in seconds that ffmpeg's clock shows with `pts`. */
export function fromClock(pts: number, { start }: TimeLine): number {
  return (pts - Math.round(start * MICROSECONDS)) / MICROSECONDS
}

/**
 * Where ffmpeg is led for the picture of a time, one after the other until a landing is good; `undefined` is the start.
 *
 * @param runUp - how far before the time the first one lies at least, in seconds
 */
export function landings(time: number, { names }: TimeLine, runUp = 0): readonly (number | undefined)[] {
  const isOf = (list: readonly string[]) => list.some(name => names.includes(name))
  if (isOf(FROM_THE_START)) return [undefined]
  const steps = isOf(WITHOUT_INDEX) ? STEPS_BACK.slice(1) : STEPS_BACK
  return [...steps.map(step => time - Math.max(step, runUp)).filter(landing => landing > 0), undefined]
}

/** Arguments before `-i` that lead ffmpeg there. */
export function landingArguments(landing: number | undefined): string[] {
  return landing === undefined ? [] : ['-noaccurate_seek', '-ss', landing.toFixed(6)]
}

/** Keeps ffmpeg's clock as it is. */
export const KEEP_CLOCK = ['-copyts']

/**
 * The beginning of a filter graph: the clock in microseconds, nothing before the first picture that needs no other, and
 * a line in the log for each, which {@link pictureTime} reads.
 */
export const DECODABLE = "settb=AVTB,select='st(0,ld(0)+key+not(between(pict_type,2,4)));ld(0)'"
export const SEEN = 'showinfo=checksum=0'

/** The time of a picture that {@link SEEN} has logged, in microseconds by ffmpeg's clock. */
export function pictureTime({ component, message }: FfmpegLogEntry): number | undefined {
  if (component?.startsWith('Parsed_showinfo') !== true) return undefined
  const [, pts] = /^n: *\d+ pts: *(-?\d+) /.exec(message) ?? []
  return pts === undefined ? undefined : Number(pts)
}

/**
 * Filters behind {@link DECODABLE} that let one picture through: the last one at or before `pts`, else the first. It is
 * known when the next one comes. `fps` does that: the frame that it gives at a beat is the last one up to it. The beats
 * lie hours apart, so that nothing is repeated.
 */
export function onlyShownAt(pts: number): string {
  return `setpts=PTS-(${pts}),fps=fps=1/36000:start_time=0:round=up`
}

/** Filters behind {@link DECODABLE} for the last picture of all, which begins at `pts`: nothing comes behind it. */
export function onlyLastAt(pts: number): string {
  return `select='gte(pts,${pts})',setpts=PTS-(${pts})`
}
