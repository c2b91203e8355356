import { headerLength, isBoxType, statedSize, uint32 } from '../../mp4/boxes/box-header.js'
import { Box } from '../../mp4/boxes/box.js'
import { type SampleSizes, defaultSizes, fragmentEnd } from './mp4-fragments.js'
import { segmentIndexEnd } from './mp4-segment-index.js'
import { tablesEnd } from './mp4-tables.js'
import { type Claim, type Need, type Piece, type Walk, further, isUnknown32, isUnknown64 } from './walk.js'

/** The longest box header, without the type of a `uuid`. */
const HEADER = 16
/** The largest `moov` or `moof` parsed, in bytes; beyond it, the size of the `mdat` counts. */
const MAX_BOX = 8 * 2 ** 20
const MAX_SEGMENT_INDEX = 2 ** 20
/** Boxes without media. */
const WITHOUT_MEDIA = new Set([
  'free',
  'skip',
  'wide',
  'mfra',
  'udta',
  'meta',
  'uuid',
  'pdin',
  'emsg',
  'prft',
])

/**
 * MP4, MOV and related formats: the sample tables of a `moov` locate each sample; each `moof` does so for its fragment,
 * and a `sidx` states the length of the fragments after it. If the index can't be read, the size of the `mdat` replaces
 * it.
 */
export function* mp4Extent(from: number): Walk {
  const extent = new Mp4Extent()
  for (let at = from; !extent.isSettled;) {
    const { bytes, size } = yield { at, length: HEADER }
    const header = headerIn(bytes)
    if (header === undefined) return extent.claimed(bytes.length < HEADER ? size : undefined)
    yield* extent.take({ ...header, at, end: at + header.size })
    if (header.size === Infinity) break
    at += header.size
  }
  return extent.claimed(undefined)
}

interface BoxPlace {
  readonly type: string
  readonly size: number
  readonly at: number
  readonly end: number
  /** Whether its size is a placeholder. */
  readonly isUnknown: boolean
}

function headerIn(bytes: Buffer): Omit<BoxPlace, 'at' | 'end'> | undefined {
  if (bytes.length < 8) return undefined
  const type = bytes.toString('latin1', 4, 8)
  const short = uint32(bytes, 0)
  const isLong = short === 1
  if (!isBoxType(type) || (isLong && bytes.length < 16)) return undefined
  const size = statedSize(bytes, 0)
  if (size < headerLength(bytes, 0)) return undefined
  const isUnknown = isLong ? isUnknown64(size) : isUnknown32(short)
  return { type, size: Number.isSafeInteger(size) ? size : Infinity, isUnknown }
}

class Mp4Extent {
  /** No media follow. */
  isSettled = false
  #claim: Claim | undefined
  #segments: Claim | undefined
  #defaults: SampleSizes | undefined
  /** Media without a readable index. */
  #media: Claim | undefined
  #isByMedia = false
  #last: BoxPlace | undefined;

  /** Takes a box, and parses it if it locates media. */
  *take(box: BoxPlace): Generator<Need, void, Piece> {
    this.#last = box
    const { type, size, end, isUnknown } = box
    if (type === 'mdat' && !isUnknown) {
      this.#media = further(this.#media, { end, by: 'the size of its mdat' })
    } else if (type === 'moov' && this.#defaults === undefined) {
      this.#defaults = new Map()
      const moov = yield* this.#box(box, MAX_BOX)
      if (moov !== undefined) this.#takeMovie(moov)
    } else if (type === 'moof') {
      this.#media = undefined
      const moof = yield* this.#box(box, MAX_BOX)
      const until = moof && fragmentEnd(moof, this.#defaults ?? new Map())
      this.#isByMedia = until === undefined
      if (until !== undefined) this.#add({ end: until, by: 'its last fragment (moof)' })
    } else if (type === 'sidx' && size <= MAX_SEGMENT_INDEX) {
      const sidx = yield* this.#box(box, MAX_SEGMENT_INDEX)
      const until = sidx && segmentIndexEnd(sidx)
      if (until !== undefined) {
        this.#segments = further(this.#segments, { end: until, by: 'its segment index (sidx)' })
      }
    } else if (type === 'meta' && this.#defaults === undefined) {
      // An image (HEIF, AVIF) with its items in the mdat.
      this.#isByMedia = true
    }
    if (this.#isByMedia) this.#add(this.#media)
  }

  /**
   * The final claim.
   *
   * @param size - length of the input, if it ends before the next box
   */
  claimed(size: number | undefined): Claim | undefined {
    const last = this.#last
    const segments = this.#segments
    if (segments === undefined) return this.#claim
    const isCutOutside = size !== undefined && last !== undefined && WITHOUT_MEDIA.has(last.type)
    if (isCutOutside && last.at <= size && last.end >= segments.end) return this.#claim
    return further(this.#claim, segments)
  }

  #takeMovie(moov: Box): void {
    const until = tablesEnd(moov)
    this.#isByMedia = until === undefined
    this.#defaults = defaultSizes(moov)
    if (until !== undefined) this.#add({ end: until, by: 'its sample tables (moov)' })
    this.isSettled = until !== undefined && !moov.bytes.includes('mvex')
  }

  #add(claim: Claim | undefined): void {
    this.#claim = further(this.#claim, claim)
  }

  /** Reads a box into memory; if the input ends within it, claims the box's end. */
  *#box({ type, at, size, end }: BoxPlace, most: number): Generator<Need, Box | undefined, Piece> {
    if (size > most) return undefined
    const { bytes } = yield { at, length: size }
    if (bytes.length === size) return Box.topLevel(bytes, 0, size, at, 0)
    this.#add({ end, by: `the size of its last ${type}` })
    return undefined
  }
}
