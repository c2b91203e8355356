import type { RandomAccess } from '../random-access.js'
import { readExactly } from '../read-exactly.js'

const NOTHING: Buffer = Buffer.alloc(0)

/**
 * A window on a source, for readers that skip forward from header to header: the result of the last read is
 * checked first, and a new read fetches a little more than requested, since the next request is usually for the
 * bytes right after it.
 *
 * Memory: the larger of the last request and the read-ahead.
 */
export class SourceWindow {
  readonly #source: RandomAccess
  /** Length of the source, in bytes. */
  readonly size: number
  readonly #signal: AbortSignal | undefined
  #bytes = NOTHING
  #start = 0

  /**
   * @param source - the source
   * @param size - its length, in bytes
   * @param signal - cancels every read
   */
  constructor(source: RandomAccess, size: number, signal?: AbortSignal) {
    this.#source = source
    this.size = size
    this.#signal = signal
  }

  /** Another window on the same source, for a reader at another place at the same time. */
  another(): SourceWindow {
    return new SourceWindow(this.#source, this.size, this.#signal)
  }

  /**
   * `length` bytes from `start` on, or up to the source's end. Not copied if they are present: they may share
   * memory with the next result.
   *
   * @param ahead - how many bytes to fetch at least, if a read is necessary
   */
  async bytes(start: number, length: number, ahead = length): Promise<Buffer> {
    const end = Math.min(start + length, this.size)
    if (start >= end) return NOTHING
    const held = this.#start + this.#bytes.length
    if (start >= this.#start && end <= held)
      return this.#bytes.subarray(start - this.#start, end - this.#start)
    // Bytes in the window are not requested again.
    const kept = start >= this.#start && start < held ? this.#bytes.subarray(start - this.#start) : NOTHING
    const from = start + kept.length
    const to = Math.max(end, Math.min(start + ahead, this.size))
    this.#bytes = await readExactly(this.#source, from, to, this.#signal, kept)
    this.#start = start
    return this.#bytes.subarray(0, end - start)
  }
}
