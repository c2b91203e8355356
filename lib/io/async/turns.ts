import { setImmediate } from 'node:timers/promises'
import { abortError } from './abort-error.js'

/**
 * Long work, as a generator: now and then it yields how many elements it has visited since the last time, and at the
 * end it returns its result. Whoever runs it decides whether others have a turn in between, and a test can count.
 */
export type Work<T> = Generator<number, T, undefined>

/** How many elements work visits, at least, before it yields: yielding costs as much as a few elements. */
export const STEP = 2 ** 10

/** Elements that are visited in one turn of the event loop. Each takes some 100 ns: a few milliseconds. */
const ELEMENTS_A_TURN = 2 ** 14

/** Runs work in one go, for what is known to be small. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

/**
 * Cuts long work into turns of the event loop, so that timers, signals and other jobs go on while a large index is
 * read. Everything that belongs to one task shares one of these: a source in memory answers without giving others a
 * turn, so that many short pieces of work in a row would be as bad as a long one.
 */
export class Turns {
  /** Elements that were visited so far. */
  visited = 0
  readonly #signal: AbortSignal | undefined
  #left = ELEMENTS_A_TURN

  /** @param signal - gives up between two turns: what is waited for then rejects with an `AbortError` */
  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** Does work, a turn at a time. */
  async run<T>(work: Work<T>): Promise<T> {
    for (;;) {
      const step = work.next()
      if (step.done) return step.value
      if (this.#isOver(step.value)) await this.#next()
    }
  }

  /** Counts elements that were visited, and waits where others are to have a turn. */
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
