import { Mp4Error } from '../../errors.js'
import type { SourceWindow } from '../../io/sources/source-window.js'
import {
  checkBoxSize,
  MAX_HEADER_LENGTH,
  fourCC,
  headerLength,
  isBoxType,
  mp4Error,
  pathStep,
  statedSize,
} from '../boxes/box-header.js'
import { type BoxHeader, boxTooLarge, notABox } from '../boxes/box-reader.js'
import { Box } from '../boxes/box.js'

/** Types whose boxes are numbered: see box-reader.ts. */
const MAX_NUMBERED_TYPES = 100

/** A top-level box of which only the header was read. */
export interface TopLevelBox extends BoxHeader {
  /** One past its last byte; the source's end for a box "to the end of the file", or one truncated by it. */
  readonly end: number
}

/**
 * The top-level boxes of a source, found by skipping from header to header: the contents are not read, whatever
 * their size.
 *
 * Errors: `AVIO_ERR_MP4_NOT_MP4` and `AVIO_ERR_MP4_BOX_TYPE` (no box here), `AVIO_ERR_MP4_BOX_SIZE` (an
 * impossible size), `AVIO_ERR_MP4_BOX_TRUNCATED` (the source ends within a header, or within a box that is read
 * whole), `AVIO_ERR_MP4_BOX_TOO_LARGE`, and any error of the source.
 */
export class TopLevelBoxes {
  readonly #window: SourceWindow
  readonly #numbers = new Map<string, number>()

  constructor(window: SourceWindow) {
    this.#window = window
  }

  /** Length of the source, in bytes. */
  get size(): number {
    return this.#window.size
  }

  /** The same source for a concurrent reader at another position. */
  another(): TopLevelBoxes {
    return new TopLevelBoxes(this.#window.another())
  }

  /** `length` bytes from `offset` on, or up to the end of the source. */
  bytes(offset: number, length: number): Promise<Buffer> {
    return this.#window.bytes(offset, length)
  }

  /**
   * The box at `offset`; `undefined` at the end of the source.
   *
   * @param ahead - how many bytes to fetch at least, if a read is necessary
   */
  async boxAt(offset: number, ahead = MAX_HEADER_LENGTH): Promise<TopLevelBox | undefined> {
    if (offset >= this.size) return undefined
    const bytes = await this.#window.bytes(offset, MAX_HEADER_LENGTH, ahead)
    const headerSize = bytes.length < 8 ? 8 : headerLength(bytes, 0)
    if (bytes.length < headerSize) throw cutHeader(bytes.length, offset)
    const type = fourCC(bytes, 4)
    if (!isBoxType(type)) throw notABox(bytes.subarray(0, 8), offset)
    const size = statedSize(bytes, 0)
    const index = this.#number(type)
    const path = pathStep(type, index)
    const box = { type, index, path, offset, size, headerSize, end: Math.min(offset + size, this.size) }
    checkBoxSize(size, headerSize, box)
    return box
  }

  /** Reads a whole box. Its bytes are a copy: they stay valid while the walk continues. */
  async read(box: TopLevelBox, maxBoxSize: number): Promise<Box> {
    const { offset, end, size, index } = box
    if (end - offset > maxBoxSize) throw boxTooLarge(box, maxBoxSize)
    if (size !== Infinity && offset + size > end) {
      const what = `the file ends after ${end - offset} of the ${size} bytes of this box`
      const message = `${what}. Download or create it again`
      throw mp4Error('AVIO_ERR_MP4_BOX_TRUNCATED', box, message)
    }
    const bytes = await this.#window.bytes(offset, end - offset)
    return Box.topLevel(bytes, 0, bytes.length, offset, index)
  }

  #number(type: string): number {
    const number = this.#numbers.get(type) ?? 0
    if (number > 0 || this.#numbers.size < MAX_NUMBERED_TYPES) this.#numbers.set(type, number + 1)
    return number
  }
}

function cutHeader(length: number, offset: number): Mp4Error {
  return new Mp4Error(
    offset === 0 ? 'AVIO_ERR_MP4_NOT_MP4' : 'AVIO_ERR_MP4_BOX_TRUNCATED',
    `The file ends ${length} bytes into the header of the box at byte ${offset}. Download or create it again`,
    { byteOffset: offset },
  )
}
