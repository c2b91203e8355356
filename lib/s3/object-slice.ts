import { MemoryPieces } from '../io/memory-pieces.js'
import { markAs } from '../io/own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../io/random-access.js'
import { unsatisfiable } from './read/pinned-ranges.js'
import { checkPlaces, type PinnedObject } from './pinned-object.js'

/** The object behind a slice. */
type Whole = Pick<PinnedObject, 'name' | 'info' | 'size' | 'read' | 'readInto'>

/** A part of an object, presented as a whole: its byte 0 is the object's byte `start`. */
export class ObjectSlice implements RandomAccess {
  readonly #object: Whole
  readonly #start: number
  readonly #end: number

  /** @param end - exclusive; `Infinity`, or anything past the object's end, for the rest of the object */
  constructor(object: Whole, start: number, end: number) {
    this.#object = object
    this.#start = start
    this.#end = end
    markAs(this, object)
  }

  get name(): string {
    return this.#object.name
  }

  async size(signal?: AbortSignal): Promise<number> {
    const size = await this.#object.size(signal)
    if (isBehind(this.#start, size)) throw unsatisfiable(this.#start, size, this.#object.info!)
    return Math.min(this.#end, size) - this.#start
  }

  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    await this.#check(start, end, signal)
    yield* this.#object.read(this.#start + start, this.#start + end, signal)
  }

  async readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    options: ReadIntoOptions = {},
  ): Promise<void> {
    await this.#check(start, start + new MemoryPieces(memory).length, options.signal)
    await this.#object.readInto(this.#start + start, memory, options)
  }

  async #check(start: number, end: number, signal: AbortSignal | undefined): Promise<void> {
    // Here, because a place before the part is one within the object.
    checkPlaces(start, end)
    const size = await this.size(signal)
    if (end > size) throw unsatisfiable(this.#start + end - 1, this.#start + size, this.#object.info!)
  }
}

/**
 * Whether there is nothing to read from `start`: HTTP's rule, except that reading all of an empty object yields no
 * bytes.
 */
export function isBehind(start: number, size: number): boolean {
  return start >= size && !(start === 0 && size === 0)
}
