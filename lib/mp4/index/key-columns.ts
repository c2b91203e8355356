import { sortInTurns } from '../../io/async/sort-in-turns.js'
import { STEP, type Work } from '../../io/async/turns.js'
import { MAX_KEY_SAMPLES } from '../boxes/limits.js'
import { countUpTo } from './piece-bounds.js'

const FIRST_CAPACITY = 1024

/**
 * The sync samples of a track in columns, sorted by composition time.
 *
 * Memory: 24 bytes a sample, of at most 2²⁰, plus half of that while it grows.
 */
export class KeyColumns {
  readonly #search: number
  readonly #latest: number
  #rows = new Float64Array(3 * FIRST_CAPACITY)
  #count = 0
  #times = new Float64Array(0)
  #isSorted = true

  /**
   * @param search - of the samples up to this time, only the last is kept
   * @param latest - samples from this time on are dropped
   */
  constructor(search: number, latest: number) {
    this.#search = search
    this.#latest = latest
  }

  /** Adds one; `false` if the limit is reached. */
  add(time: number, offset: number, size: number): boolean {
    if (time >= this.#latest) return true
    const last = this.#count - 1
    const isEarly = time <= this.#search && last >= 0 && this.timeAt(last) <= this.#search
    if (isEarly) {
      if (time >= this.timeAt(last)) this.#set(last, time, offset, size)
      return true
    }
    if (this.#count === MAX_KEY_SAMPLES + 1) return false
    if (last >= 0 && time < this.timeAt(last)) this.#isSorted = false
    if (3 * this.#count === this.#rows.length) {
      const grown = new Float64Array(2 * this.#rows.length)
      grown.set(this.#rows)
      this.#rows = grown
    }
    this.#set(this.#count++, time, offset, size)
    return true
  }

  /** Sorts them; call it before {@link cut}. */
  *sort(): Work<void> {
    if (!this.#isSorted) {
      const order = yield* sortInTurns(
        Array.from({ length: this.#count }, (_, n) => n),
        n => this.timeAt(n),
      )
      const rows = new Float64Array(3 * this.#count)
      for (const [to, from] of order.entries()) {
        rows.set(this.#rows.subarray(3 * from, 3 * from + 3), 3 * to)
        if (to % STEP === STEP - 1) yield STEP
      }
      this.#rows = rows
    }
    this.#times = new Float64Array(this.#count)
    for (let n = 0; n < this.#count; n++) this.#times[n] = this.timeAt(n)
  }

  /** The samples of a piece: from the last one at or before `search` to the last before `to`. */
  cut(search: number, to: number): [from: number, to: number] {
    const from = Math.max(0, countUpTo(this.#times, search) - 1)
    // The largest possible time below `to`: times are whole ticks.
    return [from, Math.max(from, to === Infinity ? this.#count : countUpTo(this.#times, to - 1))]
  }

  /** Composition time of sample `n`. */
  timeAt(n: number): number {
    return this.#rows[3 * n]!
  }

  /** Position of sample `n` in the file. */
  offsetAt(n: number): number {
    return this.#rows[3 * n + 1]!
  }

  /** Size of sample `n`, in bytes. */
  sizeAt(n: number): number {
    return this.#rows[3 * n + 2]!
  }

  #set(n: number, time: number, offset: number, size: number): void {
    this.#rows[3 * n] = time
    this.#rows[3 * n + 1] = offset
    this.#rows[3 * n + 2] = size
  }
}
