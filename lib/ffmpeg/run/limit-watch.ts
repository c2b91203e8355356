import type { FfmpegError } from '../../errors.js'
import { readStreamLine } from '../report/dump-stream-line.js'
import { limitError, tooLong, tooManyPixels } from '../limits/limit-errors.js'
import { type Limits, MOST_PIXELS } from '../limits/limits.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { FfmpegProgress } from '../log/progress.js'

/** What a {@link LimitWatch} observes and calls. */
export interface LimitWatched {
  /** A number that changes with every byte in or out. */
  moved(): number
  /** Whether the sink currently takes nothing, so that ffmpeg has to stand still. */
  isHeldBack(): boolean
  /** Called when a limit is exceeded. */
  fail(error: FfmpegError): void
}

/** Number of checks for progress within the idle timeout. */
const LOOKS = 4
/** ffmpeg's message about a picture that exceeds `-max_pixels` (libavutil/imgutils.c). */
const TOO_LARGE = /Picture size (\d+x\d+) exceeds specified max pixel count \d+/

/** Applies the limits to one ffmpeg, from its first read to its end. */
export class LimitWatch {
  readonly #limits: Limits
  readonly #watched: LimitWatched
  #timers: NodeJS.Timeout[] = []
  #isStarted = false
  #hasFailed = false
  #bytesOut = 0
  /** ffmpeg's position in its last report. */
  #place = ''
  #seen = ''
  #stillSince = 0

  constructor(limits: Limits, watched: LimitWatched) {
    this.#limits = limits
    this.#watched = watched
  }

  /** Starts the clocks, unless they are running. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const { timeout, idleTimeout } = this.#limits
    if (timeout !== Infinity) this.#timers.push(setTimeout(() => this.#fail(late(timeout)), timeout))
    if (idleTimeout === Infinity) return
    this.#stillSince = performance.now()
    this.#timers.push(setInterval(() => this.#look(), Math.max(1, Math.ceil(idleTimeout / LOOKS))))
  }

  /** Stops all checks. */
  close(): void {
    this.#isStarted = true
    this.#hasFailed = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
  }

  /** Counts bytes written by ffmpeg. Returns whether they may be passed on. */
  output(byteLength: number): boolean {
    this.#bytesOut += byteLength
    const { maxOutputBytes } = this.#limits
    if (this.#bytesOut <= maxOutputBytes) return true
    const what = `ffmpeg has written more than ${maxOutputBytes} bytes (limits.maxOutputBytes).`
    this.#fail(
      limitError('AVIO_ERR_LIMIT_OUTPUT_BYTES', what, 'lower the bit rate, or shorten the output ("-t").'),
    )
    return false
  }

  /** Takes a progress report. */
  progress({ frame, outTime = 0, totalSize }: FfmpegProgress): void {
    this.#place = `${frame} ${outTime} ${totalSize}`
    const { maxDuration } = this.#limits
    if (outTime <= maxDuration) return
    this.#fail(tooLong('The output', maxDuration))
  }

  /** Takes a log entry. */
  log({ level, message }: FfmpegLogEntry): void {
    if (this.#limits.maxPixels === MOST_PIXELS) return
    const size =
      level === 'error' ? TOO_LARGE.exec(message)?.[1] : level === 'info' ? this.#dumped(message) : undefined
    if (size !== undefined) this.#fail(tooManyPixels(size, this.#limits.maxPixels))
  }

  /** The size of a picture in the dump of an input, if it is too large. */
  #dumped(message: string): string | undefined {
    const { width = 0, height = 0 } = readStreamLine(message) ?? {}
    return width * height > this.#limits.maxPixels ? `${width}x${height}` : undefined
  }

  #look(): void {
    const { idleTimeout } = this.#limits
    const now = performance.now()
    const moved = `${this.#watched.moved()} ${this.#place}`
    if (moved !== this.#seen || this.#watched.isHeldBack()) {
      this.#seen = moved
      this.#stillSince = now
    } else if (now - this.#stillSince >= idleTimeout) {
      const what = `No data moved in or out for ${idleTimeout} ms (limits.idleTimeout).`
      this.#fail(
        limitError('AVIO_ERR_LIMIT_IDLE', what, 'check the source, and any filter that waits for input.'),
      )
    }
  }

  #fail(error: FfmpegError): void {
    if (this.#hasFailed) return
    this.close()
    this.#watched.fail(error)
  }
}

function late(timeout: number): FfmpegError {
  const what = `The job took longer than ${timeout} ms (limits.timeout).`
  return limitError(
    'AVIO_ERR_LIMIT_TIMEOUT',
    what,
    'shorten the output ("-t"), or use a faster preset or more threads.',
  )
}
