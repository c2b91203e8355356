import type { RandomAccess } from '../io/random-access.js'
import { SourceWindow } from '../io/sources/source-window.js'
import { KiB, MiB } from '../options.js'
import { EbmlData, type Element, MAX_ELEMENT_HEADER, damaged, elementAt, tooMuch } from './element.js'

/** Element ids: RFC 9559 §5.1, and RFC 8794 §11 for the header and global elements. */
export const ID = {
  header: 0x1a45dfa3,
  void: 0xec,
  crc32: 0xbf,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codecDelay: 0x56aa,
  defaultDuration: 0x23e383,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  silentTracks: 0x5854,
  position: 0xa7,
  prevSize: 0xab,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  blockDuration: 0x9b,
  encryptedBlock: 0xaf,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
  chapters: 0x1043a770,
  tags: 0x1254c367,
  attachments: 0x1941a469,
} as const

/** Children of a cluster (RFC 9559 §5.1.3): any other element ends a cluster of unknown size. */
export const IN_CLUSTER: ReadonlySet<number> = new Set([
  ...[ID.timestamp, ID.silentTracks, ID.position, ID.prevSize, ID.simpleBlock, ID.blockGroup],
  ...[ID.encryptedBlock, ID.void, ID.crc32],
])

/** Element offsets in a `SeekHead`; invalid entries are skipped. */
export function* seekPlaces(
  head: EbmlData,
  segmentStart: number,
): Generator<{ readonly id: number; readonly offset: number }, void, undefined> {
  for (const seek of head.children()) {
    if (seek.id !== ID.seek) continue
    const id = seek.child(ID.seekId)?.unsigned
    const position = seek.child(ID.seekPosition)?.unsigned
    if (id !== undefined && position !== undefined) yield { id, offset: segmentStart + position }
  }
}

/** Size of the first read: usually everything before the media. */
const FIRST_READ = 64 * KiB
/** Limit of segment elements skipped: each may cost a read. */
const MAX_HOPS = 1000
/** Limit of elements located by a `SeekHead`; one may name another. */
const MAX_SEEKS = 100
/** The largest element read, in bytes. */
const MAX_ELEMENT_SIZE = 64 * MiB

/** The index parts of a segment, each if present. */
export interface Segment {
  /** Offset of its data, the base of positions in the segment. */
  readonly start: number
  readonly info: EbmlData | undefined
  readonly tracks: EbmlData | undefined
  readonly cues: EbmlData | undefined
}

type Part = 'info' | 'tracks' | 'cues'
const PARTS = new Map<number, Part>([
  [ID.info, 'info'],
  [ID.tracks, 'tracks'],
  [ID.cues, 'cues'],
])

/**
 * Reads the metadata of a Matroska or WebM file without its media: the elements before the first `Cluster`, and those
 * listed in `SeekHead` (usually `Cues`, at the end). Takes one read of 64 KiB, one for each element skipped beyond it,
 * and one or two for each part elsewhere.
 *
 * Memory: the parts, at most 64 MiB each.
 *
 * @param source - the file
 * @param signal - aborts the reads; the promise rejects with an `AbortError`
 * @throws MatroskaError `AVIO_ERR_MATROSKA_INVALID` if it is not a Matroska file, or is damaged;
 * `AVIO_ERR_MATROSKA_LIMIT` if its elements are too large or too many
 */
export async function readSegment(source: RandomAccess, signal?: AbortSignal): Promise<Segment> {
  return segmentIn(new SourceWindow(source, await source.size(signal), signal))
}

/** Like `readSegment`, through a window that may already hold the first bytes. */
export async function segmentIn(window: SourceWindow): Promise<Segment> {
  const reader = new SegmentReader(window)
  await reader.read()
  return reader
}

class SegmentReader implements Segment {
  start = 0
  info: EbmlData | undefined
  tracks: EbmlData | undefined
  cues: EbmlData | undefined
  readonly #window: SourceWindow
  /** Offsets of parts, from seek heads. */
  readonly #seeks: { readonly id: number; readonly offset: number }[] = []
  readonly #seen = new Set<number>()

  constructor(window: SourceWindow) {
    this.#window = window
  }

  async read(): Promise<void> {
    const header = await this.#elementAt(0, FIRST_READ)
    if (header?.id !== ID.header) throw damaged('it does not begin with an EBML header', 0)
    const segment = await this.#elementAt(header.end)
    if (segment?.id !== ID.segment) throw damaged('no segment follows the EBML header', header.end)
    this.start = segment.start
    await this.#readFront(Math.min(segment.end, this.#window.size))
    for (let seek = 0; seek < this.#seeks.length && !this.#isComplete; seek++) {
      const { id, offset } = this.#seeks[seek]!
      const element = this.#seen.has(offset) ? undefined : await this.#elementAt(offset)
      // An outdated seek head may point anywhere.
      if (element?.id === id) await this.#take(element, offset)
    }
  }

  get #isComplete(): boolean {
    return this.info !== undefined && this.tracks !== undefined && this.cues !== undefined
  }

  /** Reads the elements before the first cluster. */
  async #readFront(end: number): Promise<void> {
    let offset = this.start
    for (let hops = 0; offset < end && !this.#isComplete; hops++) {
      const element = await this.#elementAt(offset)
      if (element === undefined || element.id === ID.cluster) return
      if (hops === MAX_HOPS) throw tooMuch(`more than ${MAX_HOPS} elements precede the media`, offset)
      await this.#take(element, offset)
      offset = element.end
    }
  }

  async #take(element: Element, offset: number): Promise<void> {
    this.#seen.add(offset)
    const part = PARTS.get(element.id)
    if (part !== undefined) this[part] ??= await this.#load(element, offset)
    if (element.id !== ID.seekHead) return
    for (const place of seekPlaces(await this.#load(element, offset), this.start)) {
      if (!PARTS.has(place.id) && place.id !== ID.seekHead) continue
      this.#seeks.push(place)
      if (this.#seeks.length > MAX_SEEKS)
        throw tooMuch(`seek heads name more than ${MAX_SEEKS} elements`, offset)
    }
  }

  async #load({ id, start, end }: Element, offset: number): Promise<EbmlData> {
    if (end > this.#window.size) throw damaged('the file ends within an element', offset)
    if (end - start > MAX_ELEMENT_SIZE) {
      throw tooMuch(`an element has ${end - start} bytes; at most ${MAX_ELEMENT_SIZE} are read`, offset)
    }
    return EbmlData.of(id, await this.#window.bytes(start, end - start), start, id === ID.cues)
  }

  async #elementAt(offset: number, ahead?: number): Promise<Element | undefined> {
    const bytes = await this.#window.bytes(offset, MAX_ELEMENT_HEADER, ahead)
    return elementAt(bytes, 0, offset)
  }
}
