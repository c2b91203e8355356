import { MAX_ELEMENT_HEADER, elementIfAny } from '../../matroska/element.js'
import { ID } from '../../matroska/segment.js'
import { CONTAINER_BYTES, type Container, containerOf } from './container-sniffer.js'
import { TsTables } from './ts-tables.js'

/**
 * Searches the metadata before the media for cover art. ffmpeg turns a cover into a video stream, which the MP4 muxer
 * writes into the `moov`; a cover is nearly always larger than a `moov` on a pipe may be (fragmentation.ts). To drop
 * it, the library must know its stream, and for that ffmpeg has to see the whole cover.
 *
 * Each walk reads the sizes that a container states, and never goes beyond them. It resumes where it stopped when the
 * head grows, and gives up after some ten thousand headers: such an input is made to waste time.
 */

/**
 * Limit of headers before the end of the metadata. With Ogg pages of 4 KiB, the shortest in use, the largest cover
 * takes 2,000.
 */
const MAX_HEADERS = 2 ** 14

/**
 * The end of the metadata of `head`, as far as it shows: at most one header beyond its end. 0 for none. An answer
 * within `head` is final.
 */
export function metadataEnd(head: Buffer): number {
  return new HeadWalk().metadataEnd(head)
}

/** Whether the metadata in `head` contain a cover. */
export function hasCover(head: Buffer): boolean {
  return new HeadWalk().hasCover(head)
}

/** A step through the container: `walk` goes on from `at`. */
interface Step {
  /** Offset of the next header. */
  readonly at: number
  /** Whether the metadata end there. */
  readonly isEnd: boolean
}

/**
 * The same for a growing head: it examines each byte once, however often it is called. All heads passed to one walk
 * begin with the same bytes.
 */
export class HeadWalk {
  /** Number of headers read and bytes searched. */
  visited = 0
  #container: Container | undefined
  #at: number | undefined
  #headers = 0
  #end: number | undefined
  /** The tables of a transport stream. */
  readonly tables = new TsTables()
  readonly #searches = new Map<string, { from: number; found: number }>()
  readonly #kept = new Map<unknown, unknown>()

  /** State that a reader of these heads keeps between calls, by its own key; `begin` creates it. */
  kept<T extends object>(key: (head: Buffer, walk: HeadWalk) => unknown, begin: () => T): T {
    const found = (this.#kept.get(key) as T | undefined) ?? begin()
    this.#kept.set(key, found)
    return found
  }

  /** The container, determined from {@link CONTAINER_BYTES}. */
  container(head: Buffer): Container {
    if (this.#container !== undefined) return this.#container
    const container = containerOf(head)
    if (head.length >= CONTAINER_BYTES) this.#container = container
    return container
  }

  /** See {@link metadataEnd}. */
  metadataEnd(head: Buffer): number {
    if (this.#end !== undefined) return this.#end
    const walk = WALKS[this.container(head)]
    if (walk === undefined) return 0
    for (;;) {
      const { next, after } = walk
      const at = this.#at ?? walk.start
      if (at + after(head, at) > head.length) return at + after(head, at)
      if (++this.#headers > MAX_HEADERS) return (this.#end = 0)
      this.visited++
      const step = next(head, at)
      this.#at = step.at
      if (step.isEnd) return (this.#end = step.at)
    }
  }

  /** See {@link hasCover}. */
  hasCover(head: Buffer): boolean {
    const end = Math.min(this.metadataEnd(head), head.length)
    const marks = MARKS[this.container(head)] ?? []
    return marks.some(mark => {
      const found = this.indexOf(head, mark)
      return found >= 0 && found + mark.length <= end
    })
  }

  /** The first offset of `mark` in `head`; −1 if it is absent. */
  indexOf(head: Buffer, mark: Buffer): number {
    const key = mark.toString('latin1')
    const search = this.#searches.get(key) ?? { from: 0, found: -1 }
    this.#searches.set(key, search)
    if (search.found < 0 && search.from + mark.length <= head.length) {
      search.found = head.indexOf(mark, search.from)
      this.visited += head.length - search.from
      search.from = Math.max(0, head.length - mark.length + 1)
    }
    return search.found
  }
}

const MARKS: Partial<Record<Container, readonly Buffer[]>> = {
  mp4: [Buffer.from('covr')],
  matroska: [Buffer.from('image/')],
  flac: [Buffer.from('image/')],
  ogg: [Buffer.from('METADATA_BLOCK_PICTURE'), Buffer.from('metadata_block_picture')],
  // `APIC` in versions 2.3 and 2.4, `PIC` in 2.2.
  id3: [Buffer.from('PIC')],
  asf: [Buffer.from('WM/Picture', 'utf16le')],
}

interface Walk {
  /** Offset of the first header. */
  readonly start: number
  /** Bytes needed of the header at `at`, as far as the available ones show. */
  readonly after: (head: Buffer, at: number) => number
  /** Reads that header. */
  readonly next: (head: Buffer, at: number) => Step
}

/** The metadata end at byte 0: none can be reached. */
const NONE: Step = { at: 0, isEnd: true }

const WALKS: Partial<Record<Container, Walk>> = {
  mp4: { start: 0, after: () => 16, next: nextBox },
  matroska: { start: 0, after: () => MAX_ELEMENT_HEADER, next: nextElement },
  flac: { start: 4, after: () => 4, next: nextFlacBlock },
  ogg: { start: 0, after: oggHeaderLength, next: nextOggPage },
  // ID3v2 §3.1: four bytes of seven bits, without the ten-byte header.
  id3: {
    start: 0,
    after: () => 10,
    next: head => ({
      at: 10 + [6, 7, 8, 9].reduce((size, at) => size * 128 + (head[at]! & 127), 0),
      isEnd: true,
    }),
  },
  asf: { start: 0, after: () => 24, next: head => ({ at: Number(head.readBigUInt64LE(16)), isEnd: true }) },
}

/**
 * ISO/IEC 14496-12 §4.2. A `moov` after the media is reachable if these are few: an input with many is not read from
 * a pipe.
 */
function nextBox(head: Buffer, at: number): Step {
  const type = head.toString('latin1', at + 4, at + 8)
  const short = head.readUInt32BE(at)
  const size = short === 1 ? Number(head.readBigUInt64BE(at + 8)) : short
  if (type === 'moof' || size < 8) return NONE
  return { at: at + size, isEnd: type === 'moov' }
}

/** RFC 9559: `Attachments` is a child of `Segment`; anything after the first `Cluster` is out of reach. */
function nextElement(head: Buffer, at: number): Step {
  const element = elementIfAny(head, at, 0)
  if (element === undefined || element.id === ID.cluster) return NONE
  if (element.id === ID.segment) return { at: element.start, isEnd: false }
  // An element of unknown size ends the search.
  if (element.end === Infinity) return NONE
  return { at: element.end, isEnd: element.id === ID.attachments }
}

/** RFC 9639 §8.1: one byte of type and last flag, three of length. */
function nextFlacBlock(head: Buffer, at: number): Step {
  return { at: at + 4 + head.readUIntBE(at + 1, 3), isEnd: head[at]! >= 0x80 }
}

/** RFC 3533 §6: 27 bytes, and one per segment of the page; the 27 suffice for a page that is no header page. */
function oggHeaderLength(head: Buffer, at: number): number {
  return at + 27 > head.length || isOggMedia(head, at) ? 27 : 27 + head[at + 26]!
}

/** Header pages have granule position 0; the comment packet may span many, with none (−1). */
function isOggMedia(head: Buffer, at: number): boolean {
  return head.toString('latin1', at, at + 4) !== 'OggS' || head.readBigInt64LE(at + 6) > 0n
}

function nextOggPage(head: Buffer, at: number): Step {
  if (isOggMedia(head, at)) return { at, isEnd: true }
  const data = at + 27 + head[at + 26]!
  return { at: data + head.subarray(at + 27, data).reduce((sum, length) => sum + length, 0), isEnd: false }
}
