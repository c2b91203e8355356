import { LineSplitter } from './line-splitter.js'

/** ffmpeg's progress report, about twice per second. Fields unknown to ffmpeg are absent. */
export interface FfmpegProgress {
  /** Video frames written. */
  readonly frame?: number
  /** Video frames per second of wall time. */
  readonly fps?: number
  /** Average bit rate of the output so far, in bits per second. */
  readonly bitrate?: number
  /** Output bytes so far. */
  readonly totalSize?: number
  /** Media time of the output so far, in seconds. It never goes back. */
  readonly outTime?: number
  /** Frames duplicated to keep the frame rate. */
  readonly dupFrames?: number
  /** Frames dropped to keep the frame rate. */
  readonly dropFrames?: number
  /** Seconds of media per second of wall time: 2 is twice as fast as playback. */
  readonly speed?: number
  /** Input bytes so far: read by ffmpeg from its pipe, or sent to it if it seeks. */
  readonly bytesIn?: number
  /**
   * Completed share, 0 to 100: by the length that the arguments give the longest output, or by the bytes of a piped
   * input that is read whole. Absent where that is not known: a live source, filters that change times, an input
   * without a duration beside others.
   */
  readonly percent?: number
  /** Estimated seconds to ffmpeg's end, by the last half minute; absent until `percent` has moved for a second. */
  readonly eta?: number
  /** This is ffmpeg's last report. A failing run has one, too. */
  readonly done: boolean
}

const MAX_LINE = 1024
/** More keys than any version has: one per stream and one for each other field. */
const MAX_KEYS = 1000

/**
 * Parses the output of `-progress`: blocks of `key=value` lines, each closed by `progress=continue` or `progress=end`.
 * https://ffmpeg.org/ffmpeg.html#Main-options
 */
export class ProgressReader {
  readonly #lines: LineSplitter
  readonly #onReport: (report: FfmpegProgress) => void
  #fields = new Map<string, string>()
  /** The furthest time reported. ffmpeg 7.1 ends with that of its shortest stream. */
  #outTime = -Infinity

  /** @param onReport - receives each block */
  constructor(onReport: (report: FfmpegProgress) => void) {
    this.#onReport = onReport
    this.#lines = new LineSplitter(MAX_LINE, line => this.#read(line))
  }

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    this.#lines.push(chunk)
  }

  #read(line: string): void {
    const equals = line.indexOf('=')
    if (equals === -1) return
    const key = line.slice(0, equals)
    const value = line.slice(equals + 1).trim()
    if (key === 'progress') {
      this.#onReport(this.#forward(report(this.#fields, value === 'end')))
      this.#fields = new Map()
    } else if (this.#fields.size < MAX_KEYS) {
      this.#fields.set(key, value)
    }
  }

  #forward(report: FfmpegProgress): FfmpegProgress {
    if (report.outTime === undefined) return report
    this.#outTime = Math.max(this.#outTime, report.outTime)
    return { ...report, outTime: this.#outTime }
  }
}

function report(fields: ReadonlyMap<string, string>, done: boolean): FfmpegProgress {
  const found: Record<string, number> = {}
  const set = (name: keyof FfmpegProgress, key: string, perUnit = 1): void => {
    const value = quantity(fields.get(key))
    if (value !== undefined) found[name] = value / perUnit
  }
  set('frame', 'frame')
  set('fps', 'fps')
  set('bitrate', 'bitrate', 1e-3)
  set('totalSize', 'total_size')
  // "out_time_ms" holds microseconds as well; versions without "out_time_us" date from before 2018.
  set('outTime', 'out_time_us', 1e6)
  set('dupFrames', 'dup_frames')
  set('dropFrames', 'drop_frames')
  set('speed', 'speed')
  return { ...found, done }
}

/**
 * The number at the start of `value` (`1.5x`, `88.3kbits/s`); `undefined` for `N/A`, and for the smallest 64-bit
 * number, which ffmpeg 5 prints before it has a time.
 */
function quantity(value: string | undefined): number | undefined {
  const number = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/.exec(value ?? '')
  if (!number) return undefined
  const parsed = Number(number[0])
  return Math.abs(parsed) <= Number.MAX_SAFE_INTEGER ? parsed : undefined
}
