import type { PendingReads } from './activity.js'

/** Counts reads that wait for their source, of any number at the same time. Reads no clock. */
export class ReadWaits implements PendingReads {
  #count = 0
  readonly #listeners = new Set<() => void>()

  /** Whether a read waits for its source. */
  get isWaiting(): boolean {
    return this.#count > 0
  }

  /** A read waits from now on. */
  begin(): void {
    if (++this.#count === 1) this.#tell()
  }

  /** A read has what it waited for, or is over. Call it once for each {@link begin}. */
  end(): void {
    if (--this.#count === 0) this.#tell()
  }

  /** Calls `listener` at each change of {@link isWaiting}, until the returned function is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
