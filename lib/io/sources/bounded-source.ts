import { boundedCall, boundedRead } from '../async/bounded-wait.js'
import { follow } from '../async/abort-listeners.js'
import type { RandomAccess } from '../random-access.js'

/**
 * A user's source with bounded waits: once the signal is aborted, or the loop left, it is waited for no longer
 * than `GRACE`. Each call gets a signal of its own, because the source may leave listeners on it. Everything
 * that reads a user's source reads it through one of these.
 */
export class BoundedSource implements RandomAccess {
  readonly #source: RandomAccess

  /** @param source - the source; one that is already bounded is not wrapped again */
  constructor(source: RandomAccess) {
    this.#source = source instanceof BoundedSource ? source.#source : source
  }

  /** Its name in errors: the source's own. */
  get name(): string | undefined {
    return this.#source.name
  }

  /** Total length in bytes, as reported by the source. */
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
