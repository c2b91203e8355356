import type { ByteRange } from '../byte-range.js'

/** How far and how fast {@link ReadAheadWindow} may go. All sizes in bytes. */
export interface ReadAheadWindowRule {
  /** The first byte that is read. */
  readonly start: number
  /** One past the last byte that is wanted; `Infinity` where all is. */
  readonly end: number
  /** Size of the first range, and of the window at the beginning. */
  readonly firstSize: number
  /** Largest range. */
  readonly partSize: number
  /** Most ranges under way at a time. */
  readonly concurrency: number
  /** Largest window: bytes asked for and not yet consumed. */
  readonly readAhead: number
}

/** How many bytes the window may grow for each byte that was delivered. */
const GROWTH = 8

/**
 * Which range to ask for next, and when. Pure arithmetic: no request is made here.
 *
 * The *window* is what has been asked for and was not yet consumed, whether it is still under way or waits to be
 * taken. It begins at `firstSize` and doubles each time the consumer was found waiting, but never beyond
 * `firstSize` + 8 × what was delivered so far: whoever looks at the first bytes and stops has cost little, a fast
 * consumer has the full window after some megabytes, and one that is slower than a single request keeps a small one.
 * Ranges grow with the window, by multiples of `firstSize`, so that it is always shared by about `concurrency` of
 * them.
 *
 * Until the first answer has told where the source ends ({@link bound}), only the first range is asked for.
 */
export class ReadAheadWindow {
  readonly #rule: ReadAheadWindowRule
  #next: number
  #end: number
  #bounded = false
  #window: number

  constructor(rule: ReadAheadWindowRule) {
    this.#rule = rule
    this.#next = rule.start
    this.#end = rule.end
    this.#window = Math.min(rule.firstSize, rule.readAhead)
  }

  /** Bytes that may be asked for and not yet consumed, at this moment. */
  get window(): number {
    return this.#window
  }

  /** The byte that the next range begins with. */
  get next(): number {
    return this.#next
  }

  /** One past the last byte that will be read; `undefined` until it is known. */
  get end(): number | undefined {
    return this.#bounded ? this.#end : undefined
  }

  /** Whether everything has been asked for. */
  get exhausted(): boolean {
    return this.#bounded && this.#next === this.#end
  }

  /** Tells where the source ends. */
  bound(size: number): void {
    this.#end = Math.max(this.#rule.start, Math.min(this.#end, size))
    this.#next = Math.min(this.#next, this.#end)
    this.#bounded = true
  }

  /**
   * The next range, which counts as asked for from then on; `undefined` where there is none, or no room for it.
   *
   * @param consumed - the first byte that was not yet consumed
   * @param underWay - ranges under way
   * @param held - whether anything is under way or waits to be taken; if not, a smaller range is better than none
   */
  plan(consumed: number, underWay: number, held: boolean): ByteRange | undefined {
    if (underWay >= this.#rule.concurrency || this.exhausted) return undefined
    if (!this.#bounded && this.#next > this.#rule.start) return undefined
    const room = this.#window - (this.#next - consumed)
    const wanted = Math.min(this.#size(), this.#end - this.#next)
    const length = wanted > room && !held ? room : wanted
    if (length > room || length <= 0) return undefined
    const range = { start: this.#next, end: this.#next + length }
    this.#next = range.end
    return range
  }

  /** The consumer was found waiting: the window grows, where `delivered` bytes justify it. */
  starved(delivered: number): void {
    const { firstSize, readAhead } = this.#rule
    const grown = Math.min(2 * this.#window, firstSize + GROWTH * delivered, readAhead)
    this.#window = Math.max(this.#window, grown)
  }

  #size(): number {
    const { firstSize, partSize, concurrency } = this.#rule
    return Math.min(partSize, Math.ceil(this.#window / concurrency / firstSize) * firstSize)
  }
}
