import type { RandomAccess } from '../random-access.js'

/**
 * A source that counts what is read from it: what a task has cost, in bytes and in requests.
 * It hands everything on as it is, errors included, and holds nothing.
 */
export class CountedSource implements RandomAccess {
  readonly #source: RandomAccess
  #bytes = 0
  #reads = 0

  /** @param source - what is read */
  constructor(source: RandomAccess) {
    this.#source = source
  }

  /** What errors call it: as the source itself. */
  get name(): string | undefined {
    return this.#source.name
  }

  /** Bytes that came, those of a read that was given up or failed included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Reads that were begun: about as many GETs. */
  get reads(): number {
    return this.#reads
  }

  /** Total length in bytes, as the source says. Not counted as a read. */
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
}
