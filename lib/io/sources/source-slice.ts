import { SourceError } from '../../errors.js'
import type { RandomAccess } from '../random-access.js'

/** A part of a source that passes for a whole: its byte 0 is the source's byte `start`. */
export class SourceSlice implements RandomAccess {
  readonly #source: RandomAccess
  readonly #start: number
  readonly #end: number

  /**
   * @param source - what is read
   * @param start - the first byte, from 0
   * @param end - one past the last byte; `Infinity`, or anything past the source's end, for all there is
   */
  constructor(source: RandomAccess, start: number, end: number) {
    this.#source = source
    this.#start = start
    this.#end = end
  }

  /** What errors call it: as the source itself. */
  get name(): string | undefined {
    return this.#source.name
  }

  /**
   * Length of the part, in bytes.
   *
   * @throws {@link SourceError} AVIO_ERR_SOURCE_RANGE where the source ends before the part begins
   */
  async size(signal?: AbortSignal): Promise<number> {
    const size = await this.#source.size(signal)
    // All of an empty source is no byte, and no error.
    if (this.#start >= size && this.#start > 0) throw this.#behind(this.#start, size)
    return Math.min(this.#end, size) - this.#start
  }

  /** The part's bytes from `start` (inclusive) to `end` (exclusive). */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const size = await this.size(signal)
    if (end > size) throw this.#behind(this.#start + end - 1, this.#start + size)
    yield* this.#source.read(this.#start + start, this.#start + end, signal)
  }

  #behind(place: number, size: number): SourceError {
    const { name = 'the source' } = this
    const message = `Cannot read byte ${place} of ${name}: it ends at byte ${size}. Check the start and the end of the range.`
    return new SourceError('AVIO_ERR_SOURCE_RANGE', message, { source: this.name, byteOffset: size })
  }
}
