import type { AvioErrorOptions, Mp4Error, Mp4ErrorCode } from '../../errors.js'
import { type Place, fourCC, headerLength, mp4Error, sizeWithin, statedSize, uint32 } from './box-header.js'
import { MAX_BOXES } from './limits.js'

/**
 * The content of a box that is completely in memory, read in place.
 *
 * Every read is checked against the box's own end, and every child's size against its parent's, so that parsers
 * can't leave the box, whatever its bytes. Positions passed to the readers (`u32(8)`) count from the start of
 * the content, which for a "full box" begins with version and flags.
 */
export abstract class BoxFields implements Place {
  abstract readonly type: string
  /** The buffer that this box is a view of. */
  abstract readonly bytes: Buffer
  /** Offset of `bytes` in the stream. */
  abstract readonly origin: number
  /** Start of the content in `bytes`. */
  abstract readonly contentStart: number
  /** One past the last byte in `bytes`. */
  abstract readonly end: number
  abstract readonly offset: number
  abstract readonly path: string

  /** Size of the content. */
  get length(): number {
    return this.end - this.contentStart
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

  /** Size of the inner box at `start` in `bytes`; throws if there is none that fits. */
  childSize(start: number): number {
    const size = sizeWithin(this.bytes, start, this.end)
    if (size > 0) return size
    throw this.#noBoxAt(start)
  }

  /** Counts a box inside a metadata box, as number `found`: 16 MiB of empty ones would otherwise become objects. */
  checkCount(found: number): void {
    if (found <= MAX_BOXES) return
    throw this.error(
      'AVIO_ERR_MP4_LIMIT',
      `more than ${MAX_BOXES} boxes within one; no real file has so many`,
    )
  }

  #noBoxAt(start: number): Mp4Error {
    const left = this.end - start
    const place = { path: `${this.path}/byte ${start - this.contentStart}`, offset: this.origin + start }
    const isHeader = left >= 8 && left >= headerLength(this.bytes, start)
    const says = isHeader
      ? `but the box there claims ${statedSize(this.bytes, start)}`
      : 'too few for a box header'
    return mp4Error('AVIO_ERR_MP4_BOX_SIZE', place, `${left} bytes are left in ${this.type}, ${says}`)
  }

  #checked(at: number, length: number): number {
    const from = this.contentStart + at
    if (from + length > this.end) this.needLength(at + length)
    return from
  }
}
