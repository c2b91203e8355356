import { setImmediate } from 'node:timers/promises'
import { abortError } from './abort-error.js'

/**
 * Long work, as a generator: it regularly yields the number of elements visited since the last yield, and
 * returns its result at the end. The runner decides whether to yield to the event loop in between, and a test
 * can count.
 */
export type Work<T> = Generator<number, T, undefined>

/** Minimum number of elements between two yields: a yield costs as much as a few elements. */
export const STEP = 2 ** 10

/** Elements visited in one turn of the event loop. Each takes some 100 ns: a few milliseconds. */
const ELEMENTS_A_TURN = 2 ** 14

/** Runs work in one go, if it is known to be small. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

/**
 * Splits long work over turns of the event loop, so that timers, signals and other jobs go on while a large
 * index is read. One task shares one instance: a source in memory answers without yielding, so that many short
 * pieces in a row would block as long as one large piece.
 */
export class Turns {
  /** Elements visited so far. */
  visited = 0
  readonly #signal: AbortSignal | undefined
  #left = ELEMENTS_A_TURN

  /** @param signal - checked between turns: an abort rejects the pending promise with an `AbortError` */
  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** Runs work, one turn at a time. */
  async run<T>(work: Work<T>): Promise<T> {
    for (;;) {
      const step = work.next()
      if (step.done) return step.value
      if (this.#isOver(step.value)) await this.#next()
    }
  }

  /** Counts visited elements, and yields to the event loop when a turn is used up. */
  async count(elements: number): Promise<void> {
    if (this.#isOver(elements)) await this.#next()
  }

  #isOver(elements: number): boolean {
    this.visited += elements
    this.#left -= elements
    return this.#left <= 0
  }

  async #next(): Promise<void> {
    this.#left = ELEMENTS_A_TURN
    await setImmediate()
    if (this.#signal?.aborted) throw abortError(this.#signal)
  }
}
