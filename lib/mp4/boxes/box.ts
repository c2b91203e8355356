import type { AvioErrorOptions, Mp4Error, Mp4ErrorCode } from '../../errors.js'
import { type Place, fourCC, headerLength, mp4Error, pathStep, statedSize, uint32 } from './box-header.js'
import { MAX_BOXES } from './limits.js'

/** The bytes that a tree of boxes is read from, shared by all of them. */
interface Source {
  readonly bytes: Buffer
  /** Where `bytes` begins in the stream. */
  readonly origin: number
  /** How many boxes were found in it so far: bounded, or 16 MiB of empty ones would become objects. */
  found: number
}

/**
 * A box whose bytes are all in memory. Nothing is copied: a box is a window on the bytes it was collected in.
 *
 * Every read is checked against the box's own end, and every child's size against its parent's, so that parsers
 * written on top of it can't leave the box whatever its bytes say. Positions given to the readers (`u32(8)`) count
 * from the start of the content, which for a "full box" begins with version and flags.
 */
export class Box implements Place {
  readonly type: string
  readonly parent: Box | undefined
  /** Which of its type it is within its parent, from 0. */
  readonly index: number
  /** Where the content begins, in `bytes`. */
  readonly contentStart: number
  /** One past the last byte, in `bytes`. */
  readonly end: number
  readonly #start: number
  readonly #source: Source
  #children: Box[] | undefined

  private constructor(
    source: Source,
    parent: Box | undefined,
    type: string,
    index: number,
    start: number,
    contentStart: number,
    end: number,
  ) {
    this.#source = source
    this.parent = parent
    this.type = type
    this.index = index
    this.#start = start
    this.contentStart = contentStart
    this.end = end
  }

  /**
   * A box of the top level.
   *
   * @param bytes - where it is, whole
   * @param start - its first byte there, the header's
   * @param end - one past its last byte there
   * @param offset - its first byte in the stream
   * @param index - which of its type it is in the stream, from 0
   */
  static topLevel(bytes: Buffer, start: number, end: number, offset: number, index: number): Box {
    const source = { bytes, origin: offset - start, found: 0 }
    const contentStart = Math.min(start + headerLength(bytes, start), end)
    return new Box(source, undefined, fourCC(bytes, start + 4), index, start, contentStart, end)
  }

  /** The bytes that this box is a window on. */
  get bytes(): Buffer {
    return this.#source.bytes
  }

  /** The first byte of the box, from the start of the stream. */
  get offset(): number {
    return this.#source.origin + this.#start
  }

  /** Size of the box, header included. */
  get size(): number {
    return this.end - this.#start
  }

  /** Size of the content. */
  get length(): number {
    return this.end - this.contentStart
  }

  /** The content, not copied. */
  get content(): Buffer {
    return this.bytes.subarray(this.contentStart, this.end)
  }

  /** The whole box, header included, not copied. */
  get raw(): Buffer {
    return this.bytes.subarray(this.#start, this.end)
  }

  /** The way to the box: `moof[3]/traf[0]/trun[0]`. */
  get path(): string {
    const step = pathStep(this.type, this.index)
    return this.parent ? `${this.parent.path}/${step}` : step
  }

  /** An error about this box. */
  error(code: Mp4ErrorCode, message: string, trackId?: number, options?: AvioErrorOptions): Mp4Error {
    return mp4Error(code, this, message, trackId, options)
  }

  /** The content's byte at `at`. */
  u8(at: number): number {
    return this.bytes[this.#checked(at, 1)]!
  }

  /** The content's unsigned 16-bit number at `at`. */
  u16(at: number): number {
    const from = this.#checked(at, 2)
    return (this.bytes[from]! << 8) | this.bytes[from + 1]!
  }

  /** The content's unsigned 32-bit number at `at`. */
  u32(at: number): number {
    return uint32(this.bytes, this.#checked(at, 4))
  }

  /** The content's signed 32-bit number at `at`. */
  i32(at: number): number {
    return this.u32(at) | 0
  }

  /** The content's unsigned 64-bit number at `at`; an error where it is past 2⁵³, which no honest file reaches. */
  u64(at: number): number {
    const from = this.#checked(at, 8)
    const value = uint32(this.bytes, from) * 2 ** 32 + uint32(this.bytes, from + 4)
    if (Number.isSafeInteger(value)) return value
    throw this.error('AVIO_ERR_MP4_BOX_INVALID', `the 64-bit number at content byte ${at} is past 2^53`)
  }

  /** The four characters at `at`. */
  type4(at: number): string {
    return fourCC(this.bytes, this.#checked(at, 4))
  }

  /** A full box's version. */
  get version(): number {
    return this.u8(0)
  }

  /** A full box's 24 flags. */
  get flags(): number {
    return this.u32(0) & 0xffffff
  }

  /** Fails unless the content has at least `length` bytes. */
  needLength(length: number): void {
    if (this.length >= length) return
    throw this.error(
      'AVIO_ERR_MP4_BOX_INVALID',
      `its content has ${this.length} bytes, but its fields take ${length}`,
    )
  }

  /** The boxes within. Read once; the caller has to know that the content is nothing but boxes. */
  get children(): readonly Box[] {
    return (this.#children ??= this.childrenFrom(0))
  }

  /**
   * The boxes within, from `at` of the content on.
   *
   * @param lenient - stop at what is not a box rather than fail: QuickTime ends the boxes of a sample entry with
   *   four zero bytes, and writers of sample entries have left stranger things there
   */
  childrenFrom(at: number, lenient = false): Box[] {
    const children: Box[] = []
    const counts = new Map<string, number>()
    let start = this.contentStart + at
    while (start < this.end) {
      const child = this.#childAt(start, counts, lenient)
      if (child === undefined) break
      children.push(child)
      start = child.end
    }
    return children
  }

  /** The first child of `type`, if there is one. */
  child(type: string): Box | undefined {
    return this.children.find(child => child.type === type)
  }

  /** The first child of `type`, or an error that says it is missing. */
  needChild(type: string): Box {
    const child = this.child(type)
    if (child !== undefined) return child
    throw this.error('AVIO_ERR_MP4_BOX_MISSING', `it has no ${type} box, which it must have`)
  }

  #childAt(start: number, counts: Map<string, number>, lenient: boolean): Box | undefined {
    const { bytes } = this
    const left = this.end - start
    const head = left < 8 ? left + 1 : headerLength(bytes, start)
    const size = head > left ? 0 : statedSize(bytes, start)
    if (size < head || size > left) {
      if (lenient) return undefined
      const place = {
        path: `${this.path}/byte ${start - this.contentStart}`,
        offset: this.#source.origin + start,
      }
      const says = head > left ? 'too few for the header of a box' : `but the box there says it has ${size}`
      throw mp4Error('AVIO_ERR_MP4_BOX_SIZE', place, `${left} bytes are left in ${this.type}, ${says}`)
    }
    if (++this.#source.found > MAX_BOXES) {
      throw this.error(
        'AVIO_ERR_MP4_LIMIT',
        `more than ${MAX_BOXES} boxes within one; no real file has so many`,
      )
    }
    const type = fourCC(bytes, start + 4)
    const index = counts.get(type) ?? 0
    counts.set(type, index + 1)
    return new Box(this.#source, this, type, index, start, start + head, start + size)
  }

  #checked(at: number, length: number): number {
    this.needLength(at + length)
    return this.contentStart + at
  }
}
