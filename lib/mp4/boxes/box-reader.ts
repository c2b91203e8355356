import { Mp4Error } from '../../errors.js'
import {
  MAX_HEADER_LENGTH,
  type Place,
  checkBoxSize,
  codeAt,
  fourCC,
  headerLength,
  isBoxType,
  mp4Error,
  pathStep,
  statedSize,
  typeCode,
} from './box-header.js'
import { Box } from './box.js'

/** A top-level box whose header has been read. */
export interface BoxHeader extends Place {
  readonly type: string
  /** Its number among boxes of its type, from 0. */
  readonly index: number
  /** Size of the whole box, in bytes; `Infinity` for "to the end of the file". */
  readonly size: number
  /** Size of the header alone, in bytes. */
  readonly headerSize: number
}

/** Callbacks of a {@link BoxReader}, in stream order. Their errors are thrown by `write()`. */
export interface BoxHandler {
  /** A box begins. `'collect'`: buffer it in memory; `'pass'`: do not. */
  onBox(header: BoxHeader): 'collect' | 'pass'
  /** A collected box is complete. If it was within one chunk, it is a view of that chunk. */
  onCollected(box: Box): void
  /**
   * A `moof` begins in `bytes`. To take it, and the `mdat` that follows at once, both whole in there, without any other
   * call for them: returns one past the last byte. To be called about them as about all boxes: returns 0.
   */
  onFragment?(bytes: Buffer, start: number, offset: number): number
  /** Content of a passed box, as slices of the chunks. Omit it if unneeded: slicing costs. */
  onContent?(bytes: Buffer, header: BoxHeader): void
  /** A passed box is complete. `end` is one past its last byte, also for a box "to the end of the file". */
  onPassed(header: BoxHeader, end: number): void
}

const MOOF = typeCode('moof')

/** Numbered types. Without a limit, a stream of ever new types would make the list grow without bound. */
const MAX_NUMBERED_TYPES = 100

/** Initial allocation for a collected box; it grows as bytes arrive. The claimed size is not trusted. */
const FIRST_ALLOCATION = 64 * 1024

/**
 * Splits a stream of bytes into its top-level boxes, wherever the chunks end.
 *
 * Memory: nothing for a passed box of any size; for a collected box at most `maxBoxSize`, plus half of that
 * while it grows. A collected box within one chunk is not copied.
 *
 * Errors: `AVIO_ERR_MP4_NOT_MP4` and `AVIO_ERR_MP4_BOX_TYPE` (no box here), `AVIO_ERR_MP4_BOX_SIZE` (an
 * impossible size), `AVIO_ERR_MP4_BOX_TOO_LARGE` (to be collected), `AVIO_ERR_MP4_BOX_TRUNCATED` (the stream
 * ends within). After an error the start of the next box is unknown, so the reader can't continue.
 */
export class BoxReader {
  readonly #handler: BoxHandler
  readonly #maxBoxSize: number
  readonly #counts = new Map<string, { boxes: number }>()
  /** The bytes of a header that is split between chunks. */
  readonly #head = Buffer.alloc(MAX_HEADER_LENGTH)
  #headLength = 0
  /** The open box, if any. */
  #header: BoxHeader | undefined
  /** Bytes of its content still to come. */
  #left = 0
  #collecting = false
  #collected: Buffer | undefined
  #collectedLength = 0
  /** Fragments that the handler has taken. */
  #taken = 0
  /** Offset of the current chunk in the stream. */
  #offset = 0

  /**
   * @param handler - receives the boxes
   * @param maxBoxSize - the largest box to collect, in bytes
   */
  constructor(handler: BoxHandler, maxBoxSize: number) {
    this.#handler = handler
    this.#maxBoxSize = maxBoxSize
  }

  /** Processes the next bytes of the stream. */
  write(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#header) at = this.#readContent(chunk, at)
      else at = this.#takeFragment(chunk, at) || this.#readHeader(chunk, at)
    }
    this.#offset += chunk.length
  }

  /** The stream has ended: an error within a box, unless the box reaches "to the end of the file". */
  end(): void {
    const header = this.#header
    if (header?.size === Infinity) {
      this.#close()
    } else if (header) {
      const came = this.#offset - header.offset
      throw mp4Error(
        'AVIO_ERR_MP4_BOX_TRUNCATED',
        header,
        `the stream ends after ${came} of the ${header.size} bytes of this box. Its writer was stopped early, or the ` +
          'rest was lost in transit: create or download it again',
      )
    } else if (this.#headLength > 0) {
      const offset = this.#offset - this.#headLength
      throw new Mp4Error(
        'AVIO_ERR_MP4_BOX_TRUNCATED',
        `The stream ends ${this.#headLength} bytes into the header of the box at byte ${offset}. Its writer was ` +
          'stopped early, or the rest was lost in transit: create or download it again',
        { byteOffset: offset },
      )
    }
  }

  #takeFragment(chunk: Buffer, at: number): number {
    const handler = this.#handler
    if (handler.onFragment === undefined || this.#headLength > 0 || at + 8 > chunk.length) return 0
    if (codeAt(chunk, at + 4) !== MOOF) return 0
    const end = handler.onFragment(chunk, at, this.#offset + at)
    if (end > 0) this.#taken++
    return end
  }

  #readHeader(chunk: Buffer, at: number): number {
    const available = chunk.length - at
    const length = available < 8 ? MAX_HEADER_LENGTH : headerLength(chunk, at)
    if (this.#headLength > 0 || available < length) return this.#gatherHeader(chunk, at)
    const header = this.#open(chunk, at, length, this.#offset + at)
    if (this.#collecting && header.size <= available) {
      this.#header = undefined
      this.#handler.onCollected(Box.topLevel(chunk, at, at + header.size, header.offset, header.index))
      return at + header.size
    }
    this.#begin(chunk, at, length)
    return at + length
  }

  /** A header of which the chunk has only a part: its first eight bytes tell its length. */
  #gatherHeader(chunk: Buffer, at: number): number {
    let end = at
    const take = (length: number): boolean => {
      const taken = Math.min(length - this.#headLength, chunk.length - end)
      chunk.copy(this.#head, this.#headLength, end, end + taken)
      this.#headLength += taken
      end += taken
      return this.#headLength === length
    }
    if (this.#headLength >= 8 || take(8)) {
      const length = headerLength(this.#head, 0)
      if (take(length)) {
        this.#headLength = 0
        this.#open(this.#head, 0, length, this.#offset + end - length)
        this.#begin(this.#head, 0, length)
      }
    }
    return end
  }

  #readContent(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#left, chunk.length)
    if (this.#collecting) this.#collect(chunk, at, end)
    else this.#handler.onContent?.(chunk.subarray(at, end), this.#header!)
    this.#left -= end - at
    if (this.#left === 0) this.#close()
    return end
  }

  /** Reads the header, numbers the box, and asks the handler what to do with it. */
  #open(bytes: Buffer, at: number, headerSize: number, offset: number): BoxHeader {
    const type = fourCC(bytes, at + 4)
    if (!isBoxType(type)) throw notABox(bytes.subarray(at, at + 8), offset)
    const size = statedSize(bytes, at)
    const index = this.#number(type)
    const header = new TopLevelHeader(type, index, offset, size, headerSize)
    checkBoxSize(size, headerSize, header)
    this.#collecting = this.#handler.onBox(header) === 'collect'
    if (this.#collecting && size > this.#maxBoxSize) throw boxTooLarge(header, this.#maxBoxSize)
    this.#header = header
    this.#left = size - headerSize
    return header
  }

  /** Stores the header of a collected box; closes a box that consists of its header only. */
  #begin(bytes: Buffer, at: number, length: number): void {
    if (this.#collecting) this.#collect(bytes, at, at + length)
    if (this.#left === 0) this.#close()
  }

  #collect(bytes: Buffer, start: number, end: number): void {
    const length = this.#collectedLength + end - start
    let buffer = this.#collected
    if (buffer === undefined || buffer.length < length) {
      const capacity = Math.max(FIRST_ALLOCATION, length, 2 * (buffer?.length ?? 0))
      const grown = Buffer.allocUnsafeSlow(Math.min(capacity, this.#header!.size))
      buffer?.copy(grown, 0, 0, this.#collectedLength)
      this.#collected = buffer = grown
    }
    bytes.copy(buffer, this.#collectedLength, start, end)
    this.#collectedLength = length
  }

  #close(): void {
    const header = this.#header!
    const collected = this.#collected
    const length = this.#collectedLength
    this.#header = undefined
    this.#collected = undefined
    this.#collectedLength = 0
    if (collected) this.#handler.onCollected(Box.topLevel(collected, 0, length, header.offset, header.index))
    else this.#handler.onPassed(header, header.size === Infinity ? this.#offset : header.offset + header.size)
  }

  #number(type: string): number {
    const count = this.#counts.get(type)
    const taken = type === 'moof' || type === 'mdat' ? this.#taken : 0
    if (count !== undefined) return count.boxes++ + taken
    if (this.#counts.size < MAX_NUMBERED_TYPES) this.#counts.set(type, { boxes: 1 })
    return 0
  }
}

/** A header whose path is built only when an error needs it. */
class TopLevelHeader implements BoxHeader {
  constructor(
    readonly type: string,
    readonly index: number,
    readonly offset: number,
    readonly size: number,
    readonly headerSize: number,
  ) {}

  get path(): string {
    return pathStep(this.type, this.index)
  }
}

/** The error of a box that is too large to collect. */
export function boxTooLarge(header: BoxHeader, maxBoxSize: number): Mp4Error {
  const size = header.size === Infinity ? 'reaches to the end of the file' : `has ${header.size} bytes`
  return mp4Error(
    'AVIO_ERR_MP4_BOX_TOO_LARGE',
    header,
    `it ${size}, but a metadata box is buffered in memory and may have at most ${maxBoxSize} ("maxBoxSize"). Shorter ` +
      'fragments make a smaller moof; raise the option if you trust the source',
  )
}

/** The error of bytes that can't be a box header. */
export function notABox(bytes: Buffer, offset: number): Mp4Error {
  const text = bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.')
  const seen = `${bytes.toString('hex').replace(/..(?=.)/g, '$& ')} ("${text}")`
  const fields = { byteOffset: offset }
  if (offset > 0) {
    const message = `There is no box at byte ${offset}, but ${seen}: an earlier size is wrong, or bytes were inserted`
    return new Mp4Error('AVIO_ERR_MP4_BOX_TYPE', message, fields)
  }
  return new Mp4Error('AVIO_ERR_MP4_NOT_MP4', `This is not an MP4: it starts with ${seen}`, fields)
}

/** The header's original bytes. */
export function headerBytes({ type, size, headerSize }: BoxHeader): Buffer {
  const header = Buffer.alloc(headerSize)
  const isLong = headerSize === 16
  header.writeUInt32BE(isLong ? 1 : size === Infinity ? 0 : size, 0)
  header.write(type, 4, 'latin1')
  if (isLong) header.writeBigUInt64BE(BigInt(size), 8)
  return header
}
