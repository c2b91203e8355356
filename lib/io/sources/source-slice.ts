import { SourceError } from '../../errors.js'
import { checkRange } from '../check-range.js'
import { MemoryPieces } from '../memory-pieces.js'
import { markAs } from '../own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../random-access.js'
import { readInto } from '../read-into.js'

/** A part of a source as a source of its own: its byte 0 is the source's byte `start`. */
export class SourceSlice implements RandomAccess {
  readonly #source: RandomAccess
  readonly #start: number
  readonly #end: number

  /**
   * @param source - the whole source
   * @param start - the first byte, from 0
   * @param end - one past the last byte; `Infinity`, or any position past the source's end, for the rest of it
   */
  constructor(source: RandomAccess, start: number, end: number) {
    this.#source = source
    this.#start = start
    this.#end = end
    markAs(this, source)
  }

  /** The source's name in errors. */
  get name(): string | undefined {
    return this.#source.name
  }

  /**
   * Length of the part, in bytes.
   *
   * @throws {@link SourceError} AVIO_ERR_SOURCE_RANGE if the source ends before the part starts
   */
  async size(signal?: AbortSignal): Promise<number> {
    const size = await this.#source.size(signal)
    // The whole of an empty source has no bytes, and is not an error.
    if (this.#start >= size && this.#start > 0) throw this.behind(this.#start, size)
    return Math.min(this.#end, size) - this.#start
  }

  /** The part's bytes from `start` (inclusive) to `end` (exclusive). */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    await this.#check(start, end, signal)
    yield* this.#source.read(this.#start + start, this.#start + end, signal)
  }

  /** Fills the memory with the part's bytes from `start` on. */
  async readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    options: ReadIntoOptions = {},
  ): Promise<void> {
    await this.#check(start, start + new MemoryPieces(memory).length, options.signal)
    await readInto(this.#source, this.#start + start, memory, options)
  }

  async #check(start: number, end: number, signal: AbortSignal | undefined): Promise<void> {
    // Here, because a place before the part is one within the source.
    this.checkPlaces(start, end)
    const size = await this.size(signal)
    if (end > size) throw this.behind(this.#start + end - 1, this.#start + size)
  }

  /** Throws if the part can have no such range, whatever its size. */
  protected checkPlaces(start: number, end: number): void {
    checkRange(start, end, undefined, this.name ?? 'the source')
  }

  /** The error for a byte of the source that it doesn't have. */
  protected behind(place: number, size: number): Error {
    const { name = 'the source' } = this
    const what = `Cannot read byte ${place} of ${name}: it ends at byte ${size}`
    const message = `${what}. Check the start and the end of the range.`
    return new SourceError('AVIO_ERR_SOURCE_RANGE', message, { source: this.name, byteOffset: size })
  }
}
