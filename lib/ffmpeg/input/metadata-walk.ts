import { MAX_ELEMENT_HEADER, elementIfAny } from '../../matroska/element.js'
import { ID } from '../../matroska/segment.js'
import { CONTAINER_BYTES, type Container, containerOf } from './container-sniffer.js'
import { TsTables } from './ts-tables.js'

/**
 * Where a cover picture would be: in the metadata that precede the media. ffmpeg makes a video stream of it, which
 * the MP4 muxer writes into the `moov`; a picture is nearly always larger than what a `moov` on a pipe may be
 * (fragmentation.ts). To drop it, its stream must be known, and for that ffmpeg has to see it whole.
 *
 * Each walk reads the sizes that a container states, and never further than they go. It goes on where it stopped when
 * there is more of the head, and gives up after some ten thousand headers: what made them wants to keep us busy.
 */

/**
 * Headers that are passed on the way to the end of the metadata. Of Ogg pages of 4 KiB, the shortest that are written,
 * the largest picture that is looked for takes 2,000.
 */
const MAX_HEADERS = 2 ** 14

/**
 * Where the metadata of `head` end, as far as can be told from it: at most one header beyond its end. 0 where there
 * is none. Where the answer is within `head`, it is final.
 */
export function metadataEnd(head: Buffer): number {
  return new HeadWalk().metadataEnd(head)
}

/** Whether the metadata in `head` hold a picture. */
export function hasCover(head: Buffer): boolean {
  return new HeadWalk().hasCover(head)
}

/** A way through the container: `walk` goes on from `at`, and says where it is. */
interface Step {
  /** Where the next header is. */
  readonly at: number
  /** Whether the metadata end there. */
  readonly isEnd: boolean
}

/**
 * The same for a head that grows: what was looked at once is not looked at again, however often it is asked. All
 * heads that are given to one of these begin with the same bytes.
 */
export class HeadWalk {
  /** Headers that were read, and bytes that were searched. */
  visited = 0
  #container: Container | undefined
  #at: number | undefined
  #headers = 0
  #end: number | undefined
  /** The tables of a transport stream. */
  readonly tables = new TsTables()
  readonly #searches = new Map<string, { from: number; found: number }>()
  readonly #kept = new Map<unknown, unknown>()

  /** What a reader of these heads keeps from one to the next, by a key of its own; `begin` makes it. */
  kept<T extends object>(key: (head: Buffer, walk: HeadWalk) => unknown, begin: () => T): T {
    const found = (this.#kept.get(key) as T | undefined) ?? begin()
    this.#kept.set(key, found)
    return found
  }

  /** The container; it is told from {@link CONTAINER_BYTES}. */
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

  /** Where `mark` is first found in `head`; −1 where it is not. */
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
  // `APIC` of versions 2.3 and 2.4, `PIC` of 2.2.
  id3: [Buffer.from('PIC')],
  asf: [Buffer.from('WM/Picture', 'utf16le')],
}

interface Walk {
  /** Where the first header is. */
  readonly start: number
  /** How many bytes of the header at `at` are needed, as far as those that are there tell. */
  readonly after: (head: Buffer, at: number) => number
  /** Reads that header. */
  readonly next: (head: Buffer, at: number) => Step
}

/** The metadata end at byte 0: there are none that can be reached. */
const NONE: Step = { at: 0, isEnd: true }

const WALKS: Partial<Record<Container, Walk>> = {
  mp4: { start: 0, after: () => 16, next: nextBox },
  matroska: { start: 0, after: () => MAX_ELEMENT_HEADER, next: nextElement },
  flac: { start: 4, after: () => 4, next: nextFlacBlock },
  ogg: { start: 0, after: oggHeaderLength, next: nextOggPage },
  // ID3v2 §3.1: four bytes of seven bits, without the header of ten.
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
 * ISO/IEC 14496-12 §4.2. A `moov` behind media is in reach where these are few: an input with many is not read from a
 * pipe.
 */
function nextBox(head: Buffer, at: number): Step {
  const type = head.toString('latin1', at + 4, at + 8)
  const short = head.readUInt32BE(at)
  const size = short === 1 ? Number(head.readBigUInt64BE(at + 8)) : short
  if (type === 'moof' || size < 8) return NONE
  return { at: at + size, isEnd: type === 'moov' }
}

/** RFC 9559: `Attachments` is a child of `Segment`; what stands behind the first `Cluster` is out of reach. */
function nextElement(head: Buffer, at: number): Step {
  const element = elementIfAny(head, at, 0)
  if (element === undefined || element.id === ID.cluster) return NONE
  if (element.id === ID.segment) return { at: element.start, isEnd: false }
  // Behind one of unknown size nothing is looked for.
  if (element.end === Infinity) return NONE
  return { at: element.end, isEnd: element.id === ID.attachments }
}

/** RFC 9639 §8.1: a byte of type and last-flag, three of length. */
function nextFlacBlock(head: Buffer, at: number): Step {
  return { at: at + 4 + head.readUIntBE(at + 1, 3), isEnd: head[at]! >= 0x80 }
}

/** RFC 3533 §6: 27 bytes, and one for each segment of the page; of what is no header page, the first are enough. */
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
