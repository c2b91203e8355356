import { GiB, integerOption } from '../../options.js'

/** The default minimum rate, in bytes a second: below any usable line, above a drip. */
const MIN_THROUGHPUT = 512

/** The checked option `minThroughput`: bytes a second, 0 for no minimum. */
export function minThroughputOption(options: object): number {
  return integerOption(options, 'minThroughput', {
    min: 0,
    max: GiB,
    default: MIN_THROUGHPUT,
    unit: 'bytes a second',
  })
}

/** Number of spans into which {@link StallTimer} divides its time to measure the rate. */
const SPANS = 10

/**
 * Detects silence for a given time, or a transfer below a minimum rate over that time.
 *
 * An expired timer may only mean that this process was too busy to read its sockets. So the event loop gets one
 * more turn to deliver what has already arrived; if nothing arrives then, it is a stall.
 *
 * The rate is measured from the first byte on, over the last ten spans of a tenth of the time each. A span that
 * lasted far too long was one in which this process read nothing, and is not counted.
 */
export class StallTimer {
  readonly #timeout: number
  readonly #minThroughput: number
  readonly #onStall: (drip: string | undefined) => void
  readonly #timer: NodeJS.Timeout | undefined
  #spanTimer: NodeJS.Timeout | undefined
  #heard = 0
  #stopped = false
  /** Bytes of the last full spans, oldest first, and of the current one. */
  readonly #spans: number[] = []
  #bytes = 0
  #spanStart = 0

  /**
   * @param timeout - in milliseconds; `Infinity` for never, which also disables the rate
   * @param onStall - called at most once; with a clause that says so if bytes moved, but too slowly
   * @param minThroughput - the minimum rate, in bytes a second; 0 for none
   */
  constructor(timeout: number, onStall: (drip: string | undefined) => void, minThroughput = 0) {
    this.#timeout = timeout
    this.#onStall = onStall
    this.#minThroughput = minThroughput
    if (timeout !== Infinity) this.#timer = setTimeout(this.#due, timeout)
  }

  /**
   * Records a sign of life.
   *
   * @param bytes - how many arrived; 0 for a sign of life without data
   */
  alive(bytes = 0): void {
    this.#heard++
    this.#timer?.refresh()
    this.#bytes += bytes
    if (bytes > 0 && this.#spanTimer === undefined) this.#measure()
  }

  /** No more bytes will move, but a response to them is still expected. */
  moved(): void {
    clearInterval(this.#spanTimer)
    this.#spanTimer = undefined
    this.#spans.length = 0
  }

  /** Stops the timer. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#spanTimer)
  }

  #measure(): void {
    if (this.#timer === undefined || this.#minThroughput === 0 || this.#stopped) return
    this.#spanStart = performance.now()
    this.#spanTimer = setInterval(this.#spanDue, this.#spanLength)
  }

  get #spanLength(): number {
    return Math.max(1, this.#timeout / SPANS)
  }

  readonly #due = (): void => {
    const heard = this.#heard
    setImmediate(() => {
      if (this.#heard === heard) this.#stall()
    })
  }

  readonly #spanDue = (): void => {
    const now = performance.now()
    const wasBusy = now - this.#spanStart > 2 * this.#spanLength
    this.#spanStart = now
    if (wasBusy) return
    this.#spans.push(this.#bytes)
    this.#bytes = 0
    if (this.#spans.length > SPANS) this.#spans.shift()
    if (this.#spans.length === SPANS && this.#isTooSlow && !this.#isOver) {
      setImmediate(() => {
        if (!this.#isTooSlow) return
        this.#stall(
          `less than ${this.#minThroughput} bytes a second (minThroughput) transferred over ${this.#timeout} ms`,
        )
      })
    }
  }

  /** All bytes moved in the first span. If nothing has moved since, it is silence, which the timer reports. */
  get #isOver(): boolean {
    const [first = 0, ...later] = this.#spans
    return first > 0 && this.#bytes === 0 && later.every(bytes => bytes === 0)
  }

  get #isTooSlow(): boolean {
    const moved = this.#spans.reduce((sum, bytes) => sum + bytes, this.#bytes)
    return moved * 1000 < this.#minThroughput * this.#timeout
  }

  #stall(drip?: string): void {
    if (this.#stopped) return
    this.stop()
    this.#onStall(drip)
  }
}
