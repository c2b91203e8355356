import { EbmlData, type Element, MAX_ELEMENT_HEADER, elementIfAny } from '../../matroska/element.js'
import { ID, IN_CLUSTER, seekPlaces } from '../../matroska/segment.js'
import { type Claim, type Need, type Piece, type Walk, further } from './walk.js'

/** The largest `SeekHead` read, in bytes. */
const MAX_SEEK_HEAD = 64 * 1024

/**
 * Matroska and WebM: the segment and each cluster state their sizes; live writers leave both unknown, and then each
 * block states its own. Elements after the last cluster (cues, tags) are not media.
 */
export function* matroskaExtent(from: number, size: number | undefined): Walk {
  let claim: Claim | undefined
  for (let at = from; ;) {
    const element = yield* elementIn(at)
    if (element === undefined) return claim
    if (element.id === ID.segment) {
      // With a known length, no more bytes are needed.
      if (size !== undefined && element.end <= size) claim = further(claim, segmentClaim(element))
      else claim = further(claim, yield* segmentExtent(element))
    } else if (element.id !== ID.header && element.id !== ID.void) return claim
    if (element.end === Infinity || element.end <= at) return claim
    at = element.end
  }
}

function segmentClaim({ end }: Element): Claim {
  return { end, by: 'the size of its Segment' }
}

/** Tracks the end of a segment's media. */
function* segmentExtent(segment: Element): Generator<Need, Claim | undefined, Piece> {
  // Live writers also write a size of 0.
  const end = segment.end > segment.start ? segment.end : Infinity
  let claim: Claim | undefined
  /** Offsets of the elements after the media, from the seek head. */
  let behind: number[] = []
  let firstCluster: number | undefined
  let inCluster = false
  let isMedia = false
  for (let at = segment.start; at < end;) {
    const { bytes } = yield { at, length: MAX_ELEMENT_HEADER }
    const element = elementIfAny(bytes, 0, at)
    if (element === undefined) {
      // Bytes that do not parse state nothing; at the end, the next element may be incomplete.
      if (bytes.length === MAX_ELEMENT_HEADER || end === Infinity) return claim
      const isBehind = firstCluster !== undefined && (!isMedia || behind.includes(at))
      return isBehind ? claim : further(claim, segmentClaim({ ...segment, end }))
    }
    if (element.id === ID.header || element.id === ID.segment) return claim
    if (element.id === ID.cluster) {
      firstCluster ??= at
      isMedia = true
      inCluster = element.end === Infinity
      if (!inCluster) claim = further(claim, { end: element.end, by: 'the size of its last Cluster' })
    } else if (inCluster && IN_CLUSTER.has(element.id)) {
      const isBlock = element.id === ID.simpleBlock || element.id === ID.blockGroup
      if (isBlock && element.end !== Infinity)
        claim = further(claim, { end: element.end, by: 'its last block' })
    } else {
      inCluster = isMedia = false
      if (element.id === ID.seekHead && element.end - element.start <= MAX_SEEK_HEAD) {
        const head = yield { at: element.start, length: element.end - element.start }
        behind = [...behind, ...positions(head.bytes, element.start, segment.start)]
      }
    }
    if (element.end === Infinity && !inCluster) return claim
    at = element.end === Infinity ? element.start : element.end
  }
  return claim
}

function* elementIn(at: number): Generator<Need, Element | undefined, Piece> {
  const { bytes } = yield { at, length: MAX_ELEMENT_HEADER }
  return elementIfAny(bytes, 0, at)
}

/** Offsets listed in a seek head. */
function positions(bytes: Buffer, start: number, segment: number): number[] {
  try {
    const places = seekPlaces(EbmlData.of(ID.seekHead, bytes, start), segment)
    return [...places].flatMap(({ id, offset }) => (id === ID.cluster ? [] : [offset]))
  } catch {
    return []
  }
}
