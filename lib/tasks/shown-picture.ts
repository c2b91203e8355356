import type { MediaFormat } from '../ffmpeg/report/media-info.js'
import type { FfmpegLogEntry } from '../ffmpeg/log/log.js'

/**
 * Finds the frame shown at a given time. At a variable frame rate it seldom starts exactly then: a screen
 * recording that stands still from 2 to 12 s shows the frame of 1.96 s at 8 s. ffmpeg's own `-ss` drops it,
 * because it starts earlier, and takes the frame of 12 s.
 *
 * So ffmpeg seeks to a key frame at or before the time and decodes all frames from there on. The result is the last
 * frame that starts at or before the time; the first frame for an earlier time.
 *
 * The demuxer decides where a seek lands: on the key frame if it has an index, anywhere near the time in MPEG-TS. A
 * landing is good if a frame that decodes by itself follows at or before the time. Otherwise ffmpeg seeks further
 * back; the start is always good.
 */

/** Times are compared in microseconds, ffmpeg's own resolution: its report rounds seconds to six digits. */
const MICROSECONDS = 1e6

/**
 * How far before the time ffmpeg seeks, in seconds: not at all at first. After the last step, it reads from the
 * start.
 */
const STEPS_BACK = [0, 4, 16, 64, 256]

/**
 * Demuxers without an index: ffmpeg lands between two key frames, and the first one it can decode comes after the time.
 */
const WITHOUT_INDEX = ['mpegts', 'mpeg']

/** Demuxers that report frames as key frames although they build on earlier frames. */
const FROM_THE_START = ['gif', 'apng']

/** The timeline of a source. */
export interface TimeLine {
  /** Its start on the container's clock, in seconds: MPEG-TS usually starts at 1.4 s. */
  readonly start: number
  /** The names of the demuxer. */
  readonly names: readonly string[]
}

/** From `probe`. Anything before 0 is preroll of the decoder and never shown. */
export function timeLineOf({ startTime = 0, names }: Pick<MediaFormat, 'startTime' | 'names'>): TimeLine {
  return { start: Math.max(0, startTime), names }
}

/** A time on ffmpeg's clock, in whole microseconds. */
export function onClock(time: number, { start }: TimeLine): number {
  return Math.round(time * MICROSECONDS) + Math.round(start * MICROSECONDS)
}

/** The time in seconds at which ffmpeg's clock shows `pts`. */
export function fromClock(pts: number, { start }: TimeLine): number {
  return (pts - Math.round(start * MICROSECONDS)) / MICROSECONDS
}

/**
 * Seek positions for the frame at a time, to be tried in order until a landing is good; `undefined` is the
 * start.
 *
 * @param preroll - how far before the time the first one must be, in seconds
 */
export function landings(time: number, { names }: TimeLine, preroll = 0): readonly (number | undefined)[] {
  const isOf = (list: readonly string[]) => list.some(name => names.includes(name))
  if (isOf(FROM_THE_START)) return [undefined]
  const steps = isOf(WITHOUT_INDEX) ? STEPS_BACK.slice(1) : STEPS_BACK
  return [...steps.map(step => time - Math.max(step, preroll)).filter(landing => landing > 0), undefined]
}

/** Arguments before `-i` that make ffmpeg seek there. */
export function landingArguments(landing: number | undefined): string[] {
  return landing === undefined ? [] : ['-noaccurate_seek', '-ss', landing.toFixed(6)]
}

/** Keeps ffmpeg's clock unchanged. */
export const KEEP_CLOCK = ['-copyts']

/** The start of a filtergraph: times in microseconds, and no frame before the first that decodes by itself. */
export const DECODABLE = "settb=AVTB,select='st(0,ld(0)+key+not(between(pict_type,2,4)));ld(0)'"
/** Logs a line for each frame, which {@link pictureTime} reads. */
export const SEEN = 'showinfo=checksum=0'

/** The time of a frame logged by {@link SEEN}, in microseconds of ffmpeg's clock. */
export function pictureTime({ component, message }: FfmpegLogEntry): number | undefined {
  if (component?.startsWith('Parsed_showinfo') !== true) return undefined
  const [, pts] = /^n: *\d+ pts: *(-?\d+) /.exec(message) ?? []
  return pts === undefined ? undefined : Number(pts)
}

/**
 * Filters after {@link DECODABLE} that pass one frame: the last one at or before `pts`, otherwise the first. It
 * is only known when the next one arrives. `fps` does that: its output at a tick is the last frame up to it.
 * The ticks are hours apart, so that nothing is repeated.
 */
export function onlyShownAt(pts: number): string {
  return `setpts=PTS-(${pts}),fps=fps=1/36000:start_time=0:round=up`
}

/** Filters after {@link DECODABLE} for the very last frame, which starts at `pts`: none follows. */
export function onlyLastAt(pts: number): string {
  return `select='gte(pts,${pts})',setpts=PTS-(${pts})`
}
