import { GiB, integerOption } from '../../options.js'

/** The least rate by default, in bytes a second: less than any line that is of use, more than a drip. */
const MIN_THROUGHPUT = 512

/** The option `minThroughput`, checked: bytes a second, 0 for no least rate. */
export function minThroughputOption(options: object): number {
  return integerOption(options, 'minThroughput', {
    min: 0,
    max: GiB,
    default: MIN_THROUGHPUT,
    unit: 'bytes a second',
  })
}

/** Into how many spans {@link StallTimer} divides its time to measure the rate. */
const SPANS = 10

/**
 * Notices when nothing has been heard for a time, or bytes move at less than a least rate over that time.
 *
 * A timer that is due may only mean that this process was too busy to look at its sockets. So when it fires, the
 * event loop is given one turn to bring what has already arrived; only then is it a stall.
 *
 * The rate is measured from the first byte on, over the last ten spans of a tenth of the time each. A span that lasted
 * far longer than it should was one in which this process took no bytes: it does not count.
 */
export class StallTimer {
  readonly #timeout: number
  readonly #minThroughput: number
  readonly #onStall: (drip: string | undefined) => void
  readonly #timer: NodeJS.Timeout | undefined
  #spanTimer: NodeJS.Timeout | undefined
  #heard = 0
  #stopped = false
  /** Bytes of the last full spans, the oldest first, and of the one under way. */
  readonly #spans: number[] = []
  #bytes = 0
  #spanStart = 0

  /**
   * @param timeout - in milliseconds; `Infinity` for never, which leaves the rate unmeasured too
   * @param onStall - called once, at most; where bytes moved, but too slowly, with a clause that says so
   * @param minThroughput - the least rate, in bytes a second; 0 for none
   */
  constructor(timeout: number, onStall: (drip: string | undefined) => void, minThroughput = 0) {
    this.#timeout = timeout
    this.#onStall = onStall
    this.#minThroughput = minThroughput
    if (timeout !== Infinity) this.#timer = setTimeout(this.#due, timeout)
  }

  /**
   * Something was heard.
   *
   * @param bytes - how much; 0 where it is a sign of life and no data
   */
  alive(bytes = 0): void {
    this.#heard++
    this.#timer?.refresh()
    this.#bytes += bytes
    if (bytes > 0 && this.#spanTimer === undefined) this.#measure()
  }

  /** No more bytes are to move, but a sign of life is still waited for: an answer to what was sent. */
  moved(): void {
    clearInterval(this.#spanTimer)
    this.#spanTimer = undefined
    this.#spans.length = 0
  }

  /** Nobody needs to know any more. */
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
          `Fewer than ${this.#minThroughput} bytes a second (minThroughput) moved for ${this.#timeout} ms`,
        )
      })
    }
  }

  /** All that moved came in the first span. Where nothing is heard since, it is silence: the timer tells that. */
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
