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

/** Number of spans into which {@link StallTimer} divides its time. */
const SPANS = 10

/**
 * Detects silence for a given time, or a transfer below a minimum rate over that time.
 *
 * Signs of life come with every chunk, so they only count: one interval looks at the count after each span, a tenth of
 * the time. Silence is found when as many spans as the time has were silent, hence up to one span late, never early.
 *
 * A silent span may only mean that this process was too busy to read its sockets. So the event loop gets one more turn
 * to deliver what has already arrived; if nothing arrives then, it is a stall.
 *
 * The rate is measured from the first byte on, over the last ten spans. A span that lasted far too long was one in
 * which this process read nothing, and is not counted.
 */
export class StallTimer {
  readonly #timeout: number
  readonly #minThroughput: number
  readonly #onStall: (drip: string | undefined) => void
  readonly #spanLength: number
  readonly #timer: NodeJS.Timeout | undefined
  #heard = 0
  /** Signs of life at the end of the last span, and the number of silent spans up to there. */
  #heardBefore = 0
  #silent = 0
  #stopped = false
  /** Whether bytes are moving: the rate counts. */
  #isMoving = false
  /** Bytes of the last full spans, oldest first; `undefined` until the first one begins. */
  #spans: number[] | undefined
  /** Bytes of the current span. */
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
    this.#spanLength = Math.ceil(timeout / SPANS)
    if (timeout === Infinity) return
    this.#spanStart = performance.now()
    this.#timer = setInterval(this.#spanDue, this.#spanLength)
  }

  /**
   * Records a sign of life.
   *
   * @param bytes - how many arrived; 0 for a sign of life without data
   */
  alive(bytes = 0): void {
    this.#heard++
    this.#bytes += bytes
    if (bytes > 0) this.#isMoving = true
  }

  /** No more bytes will move, but a response to them is still expected. */
  moved(): void {
    this.#isMoving = false
    this.#spans = undefined
  }

  /** Stops the timer. */
  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  readonly #spanDue = (): void => {
    const now = performance.now()
    const wasBusy = now - this.#spanStart > 2 * this.#spanLength
    this.#spanStart = now
    this.#silent = this.#heard === this.#heardBefore ? this.#silent + 1 : 0
    this.#heardBefore = this.#heard
    if (this.#silent * this.#spanLength >= this.#timeout) this.#confirm(this.#heard)
    else if (this.#isMoving && this.#minThroughput > 0 && !wasBusy) this.#measure()
  }

  /** It is silence, unless something has arrived by now. */
  #confirm(heard: number): void {
    setImmediate(() => {
      if (this.#heard === heard) this.#stall()
    })
  }

  /** Ends a span. The one in which the first byte moved is incomplete, and counts as a part of the next. */
  #measure(): void {
    const spans = this.#spans
    if (spans === undefined) {
      this.#spans = []
      return
    }
    spans.push(this.#bytes)
    this.#bytes = 0
    if (spans.length > SPANS) spans.shift()
    if (spans.length < SPANS || !this.#isTooSlow(spans) || this.#isOver(spans)) return
    setImmediate(() => {
      if (!this.#isTooSlow(spans)) return
      this.#stall(
        `less than ${this.#minThroughput} bytes a second (minThroughput) transferred over ${this.#timeout} ms`,
      )
    })
  }

  /** All bytes moved in the first span. If nothing has moved since, it is silence, which is found as such. */
  #isOver([first = 0, ...later]: readonly number[]): boolean {
    return first > 0 && this.#bytes === 0 && later.every(bytes => bytes === 0)
  }

  #isTooSlow(spans: readonly number[]): boolean {
    const moved = spans.reduce((sum, bytes) => sum + bytes, this.#bytes)
    return moved * 1000 < this.#minThroughput * this.#timeout
  }

  #stall(drip?: string): void {
    if (this.#stopped) return
    this.stop()
    this.#onStall(drip)
  }
}
