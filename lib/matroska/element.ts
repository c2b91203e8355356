import { MatroskaError } from '../errors.js'

/**
 * EBML: the elements of Matroska and WebM (RFC 8794 §4–6). Each has an id of 1 to 4 bytes, a size of 1 to 8 bytes, and
 * data. A size with all bits set is unknown: the element ends at the next element it can't contain.
 */

/** Length of the longest header. */
export const MAX_ELEMENT_HEADER = 12

/** The header of an element. */
export interface Element {
  readonly id: number
  /** Offset of its data, relative to a base chosen by the reader. */
  readonly start: number
  /** One past its last byte; `Infinity` if its size is unknown. */
  readonly end: number
}

/** The error for a file that violates RFC 8794 or RFC 9559. */
export function damaged(message: string, byteOffset: number): MatroskaError {
  return new MatroskaError(
    'AVIO_ERR_MATROSKA_INVALID',
    `The input is not a Matroska file, or is damaged: at byte ${byteOffset}, ${message}`,
    { byteOffset },
  )
}

/** The error for a file that exceeds a limit. */
export function tooMuch(message: string, byteOffset: number): MatroskaError {
  return new MatroskaError('AVIO_ERR_MATROSKA_LIMIT', `In the Matroska file, ${message}`, { byteOffset })
}

/**
 * Reads the header at `at` in `bytes`; `undefined` if they end within it.
 *
 * @param origin - offset of `bytes` in the file: returned positions count from the file's start
 * @throws {@link MatroskaError} `AVIO_ERR_MATROSKA_INVALID` for an invalid header
 */
export function elementAt(bytes: Buffer, at: number, origin: number): Element | undefined {
  const idLength = vintLength(bytes, at)
  if (idLength === undefined) return undefined
  if (idLength > 4) throw damaged('no element begins here', origin + at)
  const sizeLength = vintLength(bytes, at + idLength)
  if (sizeLength === undefined) return undefined
  if (sizeLength > 8) throw damaged('the size of an element has more than 8 bytes', origin + at)
  const start = at + idLength + sizeLength
  if (start > bytes.length) return undefined
  const marker = 2 ** (8 - sizeLength)
  let size = bytes[at + idLength]! % marker
  let isUnknown = size === marker - 1
  for (let n = at + idLength + 1; n < start; n++) {
    size = size * 256 + bytes[n]!
    isUnknown &&= bytes[n] === 0xff
  }
  const end = isUnknown ? Infinity : origin + start + size
  if (!isUnknown && !Number.isSafeInteger(end))
    throw damaged('an element has more than 2^53 bytes', origin + at)
  return { id: bytes.readUIntBE(at, idLength), start: origin + start, end }
}

/** Like `elementAt`, but also `undefined` for an invalid header: for readers that search for one. */
export function elementIfAny(bytes: Buffer, at: number, origin: number): Element | undefined {
  try {
    return elementAt(bytes, at, origin)
  } catch {
    return undefined
  }
}

/** Length of the variable-size integer at `at`: the position of the first set bit, or 9 without one. */
function vintLength(bytes: Buffer, at: number): number | undefined {
  const first = bytes[at]
  return first === undefined ? undefined : Math.clz32(first) - 23
}

/**
 * Limit of elements parsed within one element in memory, over all levels and walks: 64 MiB can hold 32 million. Half a
 * million cues take 3.7 million.
 */
const MAX_ELEMENTS = 2 ** 22

/** The same limit for an element parsed without a pause. Info and tracks have some hundreds of elements. */
const MAX_ELEMENTS_AT_ONCE = 2 ** 16

/** The bytes that elements are parsed from, shared by all elements within one. */
interface Source {
  readonly bytes: Buffer
  /** Offset of `bytes` in the file. */
  readonly origin: number
  /** Number of elements parsed so far. */
  looked: number
  /** Limit of elements. */
  readonly limit: number
}

/** An element in memory: a view of the bytes, without a copy. */
export class EbmlData {
  readonly id: number
  readonly #source: Source
  readonly #start: number
  readonly #end: number

  private constructor(id: number, source: Source, start: number, end: number) {
    this.id = id
    this.#source = source
    this.#start = start
    this.#end = end
  }

  /**
   * Makes an element with these bytes as its data.
   *
   * @param offset - offset of its data in the file
   * @param isLong - whether it may hold millions of elements, because its reader pauses between short turns
   */
  static of(id: number, bytes: Buffer, offset: number, isLong = false): EbmlData {
    const limit = isLong ? MAX_ELEMENTS : MAX_ELEMENTS_AT_ONCE
    return new EbmlData(id, { bytes, origin: offset, looked: 0, limit }, 0, bytes.length)
  }

  /** Number of elements parsed so far in the shared bytes. */
  get looked(): number {
    return this.#source.looked
  }

  /** Offset of its data in the file. */
  get offset(): number {
    return this.#source.origin + this.#start
  }

  /** Length of its data in bytes. */
  get length(): number {
    return this.#end - this.#start
  }

  /** Yields the child elements one at a time. Throws on an invalid or oversized child. */
  *children(): Generator<EbmlData, void, undefined> {
    const { bytes, origin } = this.#source
    for (let at = this.#start; at < this.#end;) {
      const element = elementAt(bytes, at, origin)
      if (element === undefined || element.end > origin + this.#end) {
        throw damaged('an element is larger than its parent', origin + at)
      }
      if (++this.#source.looked > this.#source.limit) {
        throw tooMuch(`more than ${this.#source.limit} elements would have to be parsed`, origin + at)
      }
      at = element.end - origin
      yield new EbmlData(element.id, this.#source, element.start - origin, at)
    }
  }

  /** Returns the first child with this id. */
  child(id: number): EbmlData | undefined {
    for (const child of this.children()) if (child.id === id) return child
    return undefined
  }

  /** Its data as an unsigned integer; 0 if empty. */
  get unsigned(): number {
    if (this.length > 8) throw damaged('an integer has more than 8 bytes', this.offset)
    let value = 0
    for (let at = this.#start; at < this.#end; at++) value = value * 256 + this.#source.bytes[at]!
    if (!Number.isSafeInteger(value)) throw damaged('an integer exceeds 2^53', this.offset)
    return value
  }

  /** Its data as a floating-point number of 4 or 8 bytes; 0 if empty. */
  get float(): number {
    if (this.length === 0) return 0
    if (this.length === 4) return this.#source.bytes.readFloatBE(this.#start)
    if (this.length === 8) return this.#source.bytes.readDoubleBE(this.#start)
    throw damaged(`a floating-point number has ${this.length} bytes`, this.offset)
  }
}
