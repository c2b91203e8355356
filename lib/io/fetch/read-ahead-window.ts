import type { ByteRange } from '../byte-range.js'

/** Limits of a {@link ReadAheadWindow}. All sizes in bytes. */
export interface ReadAheadWindowRule {
  /** The first byte that is read. */
  readonly start: number
  /** One past the last byte to read; `Infinity` for everything. */
  readonly end: number
  /** Size of the first range, and the initial window. */
  readonly firstSize: number
  /** Largest range. */
  readonly partSize: number
  /** Most ranges in flight at a time. */
  readonly concurrency: number
  /** Largest window: bytes requested and not yet consumed. */
  readonly readAhead: number
}

/** What has been requested so far. */
export interface Requested {
  /** Number of ranges in flight. */
  readonly underWay: number
  /** Whether nothing is in flight or waits to be taken. */
  readonly isIdle: boolean
  /** Bytes in flight: requested, and not yet arrived. */
  readonly bytesLacking: number
}

/** How many bytes the window may grow per byte delivered. */
const GROWTH = 16

/** What a consumer that never waits has ahead of it: two ranges, each this share of what it has read. */
const STEADY_SHARE = 1 / 32

/**
 * Decides which range to request next, and when. Pure arithmetic: it makes no requests.
 *
 * The *window* is what has been requested and not yet consumed, whether in flight or waiting to be taken. It
 * starts at `firstSize` and doubles each time the consumer has to wait, but never beyond `firstSize` + 16 × the
 * bytes delivered so far: a consumer that reads the first bytes and stops has cost little, a fast one has the
 * full window after some megabytes, and one that is slower than a single request keeps a small window. Ranges
 * grow with the window, by multiples of `firstSize`, so that about `concurrency` of them always share it.
 *
 * A consumer that never waits is one that goes on reading. Its ranges grow with what it has read, to
 * {@link STEADY_SHARE} of it, and its window has room for two of them: an hour of encoding takes as many requests for a
 * gigabyte as a copy does, and a reader that stops has requested a sixteenth too much.
 *
 * Towards the end ranges shrink again: none is larger than the share of one connection in all that has not arrived.
 * The connections then end at about the same time, instead of all but one waiting for the last range.
 *
 * Until the first response has revealed the size of the source ({@link bound}), only the first range is
 * requested.
 */
export class ReadAheadWindow {
  readonly #rule: ReadAheadWindowRule
  #next: number
  #end: number
  #bounded = false
  #window: number
  /** One past the bytes that the consumer is going to read in any case. */
  #expected = 0

  constructor(rule: ReadAheadWindowRule) {
    this.#rule = rule
    this.#next = rule.start
    this.#end = rule.end
    this.#window = Math.min(rule.firstSize, rule.readAhead)
  }

  /** How many bytes may be requested and not yet consumed by a consumer that has to wait as often as so far. */
  get window(): number {
    return this.#window
  }

  /** The start of the next range. */
  get next(): number {
    return this.#next
  }

  /** One past the last byte to read; `undefined` until known. */
  get end(): number | undefined {
    return this.#bounded ? this.#end : undefined
  }

  /** Whether everything has been requested. */
  get exhausted(): boolean {
    return this.#bounded && this.#next === this.#end
  }

  /** Sets the size of the source. */
  bound(size: number): void {
    this.#end = Math.max(this.#rule.start, Math.min(this.#end, size))
    this.#next = Math.min(this.#next, this.#end)
    this.#bounded = true
  }

  /**
   * The next range, counted as requested from then on; `undefined` if there is none, or no room for it.
   *
   * @param consumed - the first byte not yet consumed
   * @param requested - what is under way. If nothing is, a smaller range is better than none
   * @param limit - most bytes that may be requested and not yet consumed, whatever the window
   */
  plan(consumed: number, requested: Requested, limit = Infinity): ByteRange | undefined {
    if (requested.underWay >= this.#rule.concurrency || this.exhausted) return undefined
    if (!this.#bounded && this.#next > this.#rule.start) return undefined
    const steady = this.#steadySize(consumed)
    const ahead = Math.min(2 * steady, this.#rule.readAhead)
    const window = Math.min(Math.max(this.#window, ahead, this.#expected - consumed), limit)
    const room = window - (this.#next - consumed)
    const size = Math.max(this.#sizeIn(window), Math.min(steady, Math.floor(window / 2)))
    const wanted = Math.min(size, this.#shareOfRest(requested.bytesLacking))
    const length = wanted > room && requested.isIdle ? room : wanted
    if (length > room || length <= 0) return undefined
    const range = { start: this.#next, end: this.#next + length }
    this.#next = range.end
    return range
  }

  /** The consumer is going to read the first `bytes`: until it has, what is left of them may be requested. */
  expect(bytes: number): void {
    this.#expected = this.#rule.start + Math.min(bytes, this.#rule.readAhead)
  }

  /** The consumer had to wait: grows the window as far as `delivered` bytes justify. */
  starved(delivered: number): void {
    const { firstSize, readAhead } = this.#rule
    const grown = Math.min(2 * this.#window, firstSize + GROWTH * delivered, readAhead)
    this.#window = Math.max(this.#window, grown)
  }

  /** The bytes that a connection would get if all of them ended together. */
  #shareOfRest(lacking: number): number {
    const { firstSize, concurrency } = this.#rule
    const rest = this.#end - this.#next
    return Math.min(rest, Math.max(firstSize, Math.ceil((rest + lacking) / concurrency)))
  }

  /** A range of a consumer that never waits; 0 if it has not read enough for a large one. */
  #steadySize(consumed: number): number {
    const { start, firstSize, partSize } = this.#rule
    const size = Math.floor(((consumed - start) * STEADY_SHARE) / firstSize) * firstSize
    return size > firstSize ? Math.min(size, partSize) : 0
  }

  #sizeIn(window: number): number {
    const { firstSize, partSize, concurrency } = this.#rule
    return Math.min(partSize, Math.ceil(window / concurrency / firstSize) * firstSize)
  }
}
