import { boundedCall, boundedRead } from '../async/bounded-wait.js'
import { follow } from '../async/abort-listeners.js'
import { MemoryPieces } from '../memory-pieces.js'
import { markAs } from '../own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../random-access.js'
import { copyInto } from '../read-into.js'

/** Errors of reads that were given up while the source might still write to the memory. */
const abandoned = new WeakSet<Error>()

/** Whether the read that failed with `error` may still be writing to the caller's memory. */
export function isAbandoned(error: unknown): boolean {
  return abandoned.has(error as Error)
}

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
    markAs(this, this.#source)
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

  /**
   * Fills the memory with the bytes from `start` on. If the source doesn't end a cancelled read in time, this rejects
   * all the same, with an error that {@link isAbandoned} tells: the source may still write to the memory.
   */
  async readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    { signal, onProgress }: ReadIntoOptions = {},
  ): Promise<void> {
    if (this.#source.readInto === undefined) {
      const pieces = new MemoryPieces(memory)
      await copyInto(this.read(start, start + pieces.length, signal), start, pieces, { signal, onProgress })
      return
    }
    const own = follow(signal)
    const state = { isSettled: false, isOver: false }
    const settle = () => (state.isSettled = true)
    try {
      await boundedCall(async () => {
        const options: ReadIntoOptions = {
          signal: own.signal,
          onProgress: bytes => {
            if (!state.isOver) onProgress?.(bytes)
          },
        }
        await this.#source.readInto!(start, memory, options).finally(settle)
      }, own.signal)
    } catch (error) {
      if (!state.isSettled) abandoned.add(error as Error)
      throw error
    } finally {
      state.isOver = true
      own.forget()
    }
  }
}
