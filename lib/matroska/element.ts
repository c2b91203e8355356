import { MatroskaError } from '../errors.js'

/**
 * EBML: the elements that Matroska and WebM are made of (RFC 8794 §4–6). Each has an id of 1 to 4 bytes, a size of 1
 * to 8, and as many bytes of data; a size whose bits are all set is unknown: the element goes on until one comes that
 * can't be within it.
 */

/** The longest header. */
export const MAX_ELEMENT_HEADER = 12

/** The header of an element. */
export interface Element {
  readonly id: number
  /** Where its data begins; what it counts from is up to the reader. */
  readonly start: number
  /** One past its last byte; `Infinity` where its size is unknown. */
  readonly end: number
}

/** The error of a file that is not as RFC 8794 and RFC 9559 have it. */
export function damaged(message: string, byteOffset: number): MatroskaError {
  return new MatroskaError(
    'AVIO_ERR_MATROSKA_INVALID',
    `This is no Matroska file, or a damaged one: at byte ${byteOffset}, ${message}`,
    { byteOffset },
  )
}

/** The error of a file of which there is more than is read. */
export function tooMuch(message: string, byteOffset: number): MatroskaError {
  return new MatroskaError('AVIO_ERR_MATROSKA_LIMIT', `In the Matroska file, ${message}`, { byteOffset })
}

/**
 * Reads the header at `at` of `bytes`; `undefined` where they end within it.
 *
 * @param origin - where `bytes` begin in the file: positions in the answer count from the file's start
 * @throws {@link MatroskaError} `AVIO_ERR_MATROSKA_INVALID` where no header can begin so
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
    throw damaged('an element of more than 2^53 bytes', origin + at)
  return { id: bytes.readUIntBE(at, idLength), start: origin + start, end }
}

/** The same, but `undefined` as well where no header can begin so: for readers that look for one. */
export function elementIfAny(bytes: Buffer, at: number, origin: number): Element | undefined {
  try {
    return elementAt(bytes, at, origin)
  } catch {
    return undefined
  }
}

/** Length of the variable-size integer at `at`: the place of the first bit that is set. 9 where none is. */
function vintLength(bytes: Buffer, at: number): number | undefined {
  const first = bytes[at]
  return first === undefined ? undefined : Math.clz32(first) - 23
}

/**
 * Elements that are looked at within one that is in memory, all levels and all walks together: in 64 MiB there is room
 * for 32 million of them. Half a million cues take 3.7 million.
 */
const MAX_ELEMENTS = 2 ** 22

/** The same within one that is read in one go. What a file says of itself and its tracks are some hundreds. */
const MAX_ELEMENTS_AT_ONCE = 2 ** 16

/** What elements are read from, shared by all that lie within one. */
interface Source {
  readonly bytes: Buffer
  /** Where `bytes` begin in the file. */
  readonly origin: number
  /** How many elements were looked at so far. */
  looked: number
  /** How many may be. */
  readonly limit: number
}

/** An element in memory. Nothing is copied: it is a window on the bytes that it was read in. */
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
   * An element whose data is these bytes.
   *
   * @param offset - where its data begins in the file
   * @param isLong - whether it may hold millions of elements, because whoever reads it does so in short turns
   */
  static of(id: number, bytes: Buffer, offset: number, isLong = false): EbmlData {
    const limit = isLong ? MAX_ELEMENTS : MAX_ELEMENTS_AT_ONCE
    return new EbmlData(id, { bytes, origin: offset, looked: 0, limit }, 0, bytes.length)
  }

  /** How many elements were looked at so far, in all that was read together. */
  get looked(): number {
    return this.#source.looked
  }

  /** Where its data begins in the file. */
  get offset(): number {
    return this.#source.origin + this.#start
  }

  /** Number of bytes of its data. */
  get length(): number {
    return this.#end - this.#start
  }

  /** The elements within, one at a time. What is no element, or does not fit, is an error. */
  *children(): Generator<EbmlData, void, undefined> {
    const { bytes, origin } = this.#source
    for (let at = this.#start; at < this.#end;) {
      const element = elementAt(bytes, at, origin)
      if (element === undefined || element.end > origin + this.#end) {
        throw damaged('an element is larger than the one it is in', origin + at)
      }
      if (++this.#source.looked > this.#source.limit) {
        throw tooMuch(`more than ${this.#source.limit} elements were looked at`, origin + at)
      }
      at = element.end - origin
      yield new EbmlData(element.id, this.#source, element.start - origin, at)
    }
  }

  /** The first child with this id. */
  child(id: number): EbmlData | undefined {
    for (const child of this.children()) if (child.id === id) return child
    return undefined
  }

  /** Its data as an unsigned integer. No data stands for 0. */
  get unsigned(): number {
    if (this.length > 8) throw damaged('an integer of more than 8 bytes', this.offset)
    let value = 0
    for (let at = this.#start; at < this.#end; at++) value = value * 256 + this.#source.bytes[at]!
    if (!Number.isSafeInteger(value)) throw damaged('an integer past 2^53', this.offset)
    return value
  }

  /** Its data as a floating-point number of 4 or 8 bytes. No data stands for 0. */
  get float(): number {
    if (this.length === 0) return 0
    if (this.length === 4) return this.#source.bytes.readFloatBE(this.#start)
    if (this.length === 8) return this.#source.bytes.readDoubleBE(this.#start)
    throw damaged(`a floating-point number of ${this.length} bytes`, this.offset)
  }
}
