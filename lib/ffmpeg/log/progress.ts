import { LineSplitter } from './line-splitter.js'

/** Where ffmpeg is, as it reports about twice a second. A field that ffmpeg does not know is not there. */
export interface FfmpegProgress {
  /** Frames of video written. */
  readonly frame?: number
  /** Frames of video a second of wall time. */
  readonly fps?: number
  /** Mean bit rate of the output so far, in bits a second. */
  readonly bitrate?: number
  /** Bytes of output so far. */
  readonly totalSize?: number
  /** How far the output reaches, in seconds of media time. */
  readonly outTime?: number
  /** Frames that were doubled to hold the frame rate. */
  readonly dupFrames?: number
  /** Frames that were dropped to hold the frame rate. */
  readonly dropFrames?: number
  /** Seconds of media a second of wall time: 2 is twice as fast as it plays. */
  readonly speed?: number
  /** Bytes of input so far: those that ffmpeg took from its pipe, or was sent where it seeks. */
  readonly bytesIn?: number
  /** How much is done, 0 to 100, where the length of the media, or the input's size in bytes, is known. */
  readonly percent?: number
  /** This is ffmpeg's last report. It comes from a run that fails, too. */
  readonly done: boolean
}

const MAX_LINE = 1024
/** More keys than any version has: one a stream and one for each of the rest. */
const MAX_KEYS = 1000

/**
 * Reads what `-progress` writes: blocks of `key=value` lines, each closed by `progress=continue` or `progress=end`.
 * https://ffmpeg.org/ffmpeg.html#Main-options
 */
export class ProgressReader {
  readonly #lines: LineSplitter
  readonly #onReport: (report: FfmpegProgress) => void
  #fields = new Map<string, string>()

  /** @param onReport - gets each block */
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
      this.#onReport(report(this.#fields, value === 'end'))
      this.#fields = new Map()
    } else if (this.#fields.size < MAX_KEYS) {
      this.#fields.set(key, value)
    }
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
  // "out_time_ms" holds microseconds as well; versions that have no "out_time_us" are from before 2018.
  set('outTime', 'out_time_us', 1e6)
  set('dupFrames', 'dup_frames')
  set('dropFrames', 'drop_frames')
  set('speed', 'speed')
  return { ...found, done }
}

/**
 * The number at the start of `value` (`1.5x`, `88.3kbits/s`); `undefined` for `N/A`, and for the smallest 64-bit
 * number, which is how ffmpeg 5 says that it has no time yet.
 */
function quantity(value: string | undefined): number | undefined {
  const number = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/.exec(value ?? '')
  if (!number) return undefined
  const parsed = Number(number[0])
  return Math.abs(parsed) <= Number.MAX_SAFE_INTEGER ? parsed : undefined
}
