import type { Presented } from '../movie/edit-list-times.js'

/**
 * Presentation start of the first sample of each piece of an edit list, and end of the last one, for all pieces
 * in one pass over the samples.
 *
 * A sample belongs to the first pieces, in start order, that start at or before it; each such class keeps its
 * minimum time, and the first sample of a piece is the minimum over its own class and all later ones. Ends work
 * the same way, in the order of the pieces' ends.
 */
export class PieceBounds {
  /** One past the last composition time in any piece. */
  readonly latest: number
  readonly #pieces: readonly Presented[]
  readonly #starts: number[]
  readonly #ends: number[]
  readonly #firsts: number[]
  readonly #lasts: number[]
  #isSettled = false

  constructor(pieces: readonly Presented[]) {
    this.#pieces = pieces
    this.#starts = ascending(pieces.map(({ from }) => from))
    this.#ends = ascending(pieces.map(({ to }) => to))
    this.latest = this.#ends.at(-1)!
    this.#firsts = this.#starts.map(() => Infinity)
    this.#lasts = this.#ends.map(() => -Infinity)
  }

  /**
   * Adds the next sample, in any order.
   *
   * @param time - its composition time
   * @param end - its presentation end
   */
  add(time: number, end: number): void {
    const start = countUpTo(this.#starts, time) - 1
    if (start >= 0 && time < this.#firsts[start]!) this.#firsts[start] = time
    const last = countUpTo(this.#ends, time)
    if (last < this.#lasts.length && end > this.#lasts[last]!) this.#lasts[last] = end
  }

  /** The smallest composition time at or after the start of piece `n`; `Infinity` if there is none. */
  firstOf(n: number): number {
    this.#settle()
    return this.#firsts[countUpTo(this.#starts, this.#pieces[n]!.from) - 1]!
  }

  /**
   * Presentation end of the last sample that starts before the end of piece `n`; `-Infinity` if there is none.
   */
  endOf(n: number): number {
    this.#settle()
    return this.#lasts[countUpTo(this.#ends, this.#pieces[n]!.to) - 1]!
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    for (let n = this.#firsts.length - 2; n >= 0; n--) {
      this.#firsts[n] = Math.min(this.#firsts[n]!, this.#firsts[n + 1]!)
    }
    for (let n = 1; n < this.#lasts.length; n++) {
      this.#lasts[n] = Math.max(this.#lasts[n]!, this.#lasts[n - 1]!)
    }
  }
}

/** The distinct values. */
function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}

/** How many of the ascending `values` are at most `value`. */
export function countUpTo(values: ArrayLike<number>, value: number, length = values.length): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}
