import { boundedCall, boundedRead } from '../async/bounded-wait.js'
import { follow } from '../async/abort-listeners.js'
import type { RandomAccess } from '../random-access.js'

/**
 * A source of the user's, whose waits have an end: once the signal is aborted, or the loop left, it is waited for no
 * longer than `GRACE`. It is given a signal of its own with each call, since it may leave listeners on it. Everything that
 * reads a source that was given to us reads it through one of these.
 */
export class BoundedSource implements RandomAccess {
  readonly #source: RandomAccess

  /** @param source - what is read; one that is bounded already is not bounded twice */
  constructor(source: RandomAccess) {
    this.#source = source instanceof BoundedSource ? source.#source : source
  }

  /** What errors call it: as the source itself. */
  get name(): string | undefined {
    return this.#source.name
  }

  /** Total length in bytes, as the source says. */
  async size(signal?: AbortSignal): Promise<number> {
    const own = follow(signal)
    try {
      return await boundedCall(() => this.#source.size(own.signal), own.signal)
    } finally {
      own.forget()
    }
  }

  /** The source's bytes from `start` (inclusive) to `end` (exclusive). */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const own = follow(signal)
    try {
      yield* boundedRead(this.#source.read(start, end, own.signal), own.signal)
    } finally {
      own.forget()
    }
  }
}
