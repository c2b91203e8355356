import type { FfmpegError } from '../../errors.js'
import { readStreamLine } from '../report/dump-stream-line.js'
import { limitError, tooLong, tooManyPixels } from '../limits/limit-errors.js'
import { type Limits, MOST_PIXELS } from '../limits/limits.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { FfmpegProgress } from '../log/progress.js'

/** What a {@link LimitWatch} asks and tells. */
export interface LimitWatched {
  /** A number that changes whenever something moves: bytes in, bytes out. */
  moved(): number
  /** The sink takes nothing now: that ffmpeg stands still is not its fault. */
  isHeldBack(): boolean
  /** A limit is exceeded. */
  fail(error: FfmpegError): void
}

/** How often it is looked whether something moved, in a share of the time in which something must. */
const LOOKS = 4
/** What ffmpeg says of a picture that `-max_pixels` forbids (libavutil/imgutils.c). */
const TOO_LARGE = /Picture size (\d+x\d+) exceeds specified max pixel count \d+/

/** Holds one ffmpeg to its limits, from its first read to its end. */
export class LimitWatch {
  readonly #limits: Limits
  readonly #watched: LimitWatched
  #timers: NodeJS.Timeout[] = []
  #isStarted = false
  #hasFailed = false
  #bytesOut = 0
  /** Where ffmpeg was when it told last. */
  #place = ''
  #seen = ''
  #stillSince = 0

  constructor(limits: Limits, watched: LimitWatched) {
    this.#limits = limits
    this.#watched = watched
  }

  /** The clocks begin, if they have not. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const { timeout, idleTimeout } = this.#limits
    if (timeout !== Infinity) this.#timers.push(setTimeout(() => this.#fail(late(timeout)), timeout))
    if (idleTimeout === Infinity) return
    this.#stillSince = performance.now()
    this.#timers.push(setInterval(() => this.#look(), Math.max(1, Math.ceil(idleTimeout / LOOKS))))
  }

  /** No limit is exceeded any more. */
  close(): void {
    this.#isStarted = true
    this.#hasFailed = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
  }

  /** ffmpeg has written so many bytes more. Returns whether they may be passed on. */
  output(byteLength: number): boolean {
    this.#bytesOut += byteLength
    const { maxOutputBytes } = this.#limits
    if (this.#bytesOut <= maxOutputBytes) return true
    const what = `ffmpeg has written more than ${maxOutputBytes} bytes (limits.maxOutputBytes).`
    this.#fail(limitError('AVIO_ERR_LIMIT_OUTPUT_BYTES', what, 'lower the bit rate, or take a part ("-t").'))
    return false
  }

  /** ffmpeg tells how far it is. */
  progress({ frame, outTime = 0, totalSize }: FfmpegProgress): void {
    this.#place = `${frame} ${outTime} ${totalSize}`
    const { maxDuration } = this.#limits
    if (outTime <= maxDuration) return
    this.#fail(tooLong('The output', maxDuration))
  }

  /** ffmpeg says something. */
  log({ level, message }: FfmpegLogEntry): void {
    if (this.#limits.maxPixels === MOST_PIXELS) return
    const size =
      level === 'error' ? TOO_LARGE.exec(message)?.[1] : level === 'info' ? this.#dumped(message) : undefined
    if (size !== undefined) this.#fail(tooManyPixels(size, this.#limits.maxPixels))
  }

  /** The size of a picture that an input is said to have, where it is too large. */
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
      const what = `No data moved for ${idleTimeout} ms (limits.idleTimeout), neither in nor out.`
      this.#fail(limitError('AVIO_ERR_LIMIT_IDLE', what, 'check the source, and what the filters wait for.'))
    }
  }

  #fail(error: FfmpegError): void {
    if (this.#hasFailed) return
    this.close()
    this.#watched.fail(error)
  }
}

function late(timeout: number): FfmpegError {
  const what = `It has taken longer than ${timeout} ms (limits.timeout).`
  return limitError('AVIO_ERR_LIMIT_TIMEOUT', what, 'take a part ("-t"), a faster preset, or more threads.')
}
