import type { AvioErrorOptions, Mp4Error, Mp4ErrorCode } from '../../errors.js'
import { type Place, fourCC, headerLength, mp4Error, pathStep, statedSize, uint32 } from './box-header.js'
import { MAX_BOXES } from './limits.js'

/** The buffer shared by a tree of boxes. */
interface Source {
  readonly bytes: Buffer
  /** Offset of `bytes` in the stream. */
  readonly origin: number
  /** Number of boxes found so far: bounded, or 16 MiB of empty ones would become objects. */
  found: number
}

/**
 * A box completely in memory. Nothing is copied: a box is a view of the buffer it was collected in.
 *
 * Every read is checked against the box's own end, and every child's size against its parent's, so that parsers
 * can't leave the box, whatever its bytes. Positions passed to the readers (`u32(8)`) count from the start of
 * the content, which for a "full box" begins with version and flags.
 */
export class Box implements Place {
  readonly type: string
  readonly parent: Box | undefined
  /** Its number among boxes of its type in its parent, from 0. */
  readonly index: number
  /** Start of the content in `bytes`. */
  readonly contentStart: number
  /** One past the last byte in `bytes`. */
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
   * A top-level box.
   *
   * @param bytes - the buffer with the whole box
   * @param start - start of the box in it, header included
   * @param end - one past its last byte
   * @param offset - its offset in the stream
   * @param index - its number among boxes of its type, from 0
   */
  static topLevel(bytes: Buffer, start: number, end: number, offset: number, index: number): Box {
    const source = { bytes, origin: offset - start, found: 0 }
    const contentStart = Math.min(start + headerLength(bytes, start), end)
    return new Box(source, undefined, fourCC(bytes, start + 4), index, start, contentStart, end)
  }

  /** The buffer that this box is a view of. */
  get bytes(): Buffer {
    return this.#source.bytes
  }

  /** Offset of the box from the start of the stream. */
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

  /** The content, without copying. */
  get content(): Buffer {
    return this.bytes.subarray(this.contentStart, this.end)
  }

  /** The whole box including its header, without copying. */
  get raw(): Buffer {
    return this.bytes.subarray(this.#start, this.end)
  }

  /** The path to the box: `moof[3]/traf[0]/trun[0]`. */
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

  /** The content's unsigned 64-bit number at `at`; past 2⁵³, which no honest file reaches, it is an error. */
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

  /** Throws unless the content has at least `length` bytes. */
  needLength(length: number): void {
    if (this.length >= length) return
    throw this.error(
      'AVIO_ERR_MP4_BOX_INVALID',
      `its content has ${this.length} bytes, but its fields need ${length}`,
    )
  }

  /** The inner boxes. Parsed once; the caller must know that the content consists of boxes only. */
  get children(): readonly Box[] {
    return (this.#children ??= this.childrenFrom(0))
  }

  /**
   * The inner boxes from `at` of the content on.
   *
   * @param lenient - stop at anything that is not a box instead of failing: QuickTime ends the boxes of a
   * sample entry with four zero bytes, and writers of sample entries have left stranger things there
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

  /** The first child of `type`, if any. */
  child(type: string): Box | undefined {
    return this.children.find(child => child.type === type)
  }

  /** The first child of `type`; throws if it is missing. */
  needChild(type: string): Box {
    const child = this.child(type)
    if (child !== undefined) return child
    throw this.error('AVIO_ERR_MP4_BOX_MISSING', `it has no ${type} box, which is required`)
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
      const says = head > left ? 'too few for a box header' : `but the box there claims ${size}`
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
