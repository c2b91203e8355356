import { markAs } from '../own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../random-access.js'
import { readInto } from '../read-into.js'

/**
 * Counts reads of a source: the cost of a task, in bytes and requests. It passes everything through unchanged,
 * including errors, and holds nothing.
 */
export class CountedSource implements RandomAccess {
  readonly #source: RandomAccess
  #bytes = 0
  #reads = 0

  /** @param source - the source to count */
  constructor(source: RandomAccess) {
    this.#source = source
    markAs(this, source)
  }

  /** Its name in errors: the source's own. */
  get name(): string | undefined {
    return this.#source.name
  }

  /** Bytes received, including those of cancelled and failed reads. */
  get bytes(): number {
    return this.#bytes
  }

  /** Reads started: about as many GETs. */
  get reads(): number {
    return this.#reads
  }

  /** Total length in bytes, as reported by the source. Not counted as a read. */
  size(signal?: AbortSignal): Promise<number> {
    return this.#source.size(signal)
  }

  /** The source's bytes from `start` (inclusive) to `end` (exclusive). */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    this.#reads++
    for await (const chunk of this.#source.read(start, end, signal)) {
      this.#bytes += chunk.length
      yield chunk
    }
  }

  /** Fills the memory with the source's bytes from `start` on. Counted as a read. */
  readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    { signal, onProgress }: ReadIntoOptions = {},
  ): Promise<void> {
    this.#reads++
    const count = (bytes: number) => {
      this.#bytes += bytes
      onProgress?.(bytes)
    }
    return readInto(this.#source, start, memory, { signal, onProgress: count })
  }
}
