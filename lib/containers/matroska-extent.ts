import { EbmlData, type Element, elementAt } from '../matroska/element.js'
import { ID } from '../matroska/segment.js'
import { type Claim, type Need, type Piece, type Walk, further } from './walk.js'

const MAX_HEADER = 12
/** The largest `SeekHead` that is read, in bytes. */
const MAX_SEEK_HEAD = 64 * 1024
const SIMPLE_BLOCK = 0xa3
const BLOCK_GROUP = 0xa0
/** What may stand in a cluster (RFC 9559 §5.1.3), by which the end of one without a size is known. */
const IN_CLUSTER = new Set([0xe7, 0x5854, 0xa7, 0xab, SIMPLE_BLOCK, BLOCK_GROUP, 0xaf, 0xec, 0xbf])

/**
 * Matroska and WebM: the segment states its size, and so does each cluster; live writers leave both unknown, and then
 * each block states its own. What follows the last cluster (cues, tags) is not media.
 */
export function* matroskaExtent(from: number, size: number | undefined): Walk {
  let claim: Claim | undefined
  for (let at = from; ;) {
    const element = yield* elementIn(at)
    if (element === undefined) return claim
    if (element.id === ID.segment) {
      // Where the length is known, nothing more has to be looked at.
      if (size !== undefined && element.end <= size) claim = further(claim, segmentClaim(element))
      else claim = further(claim, yield* segmentExtent(element))
    } else if (element.id !== ID.header && element.id !== 0xec) return claim
    if (element.end === Infinity || element.end <= at) return claim
    at = element.end
  }
}

function segmentClaim({ end }: Element): Claim {
  return { end, by: 'the size of its Segment' }
}

/** How far the media of a segment reach. */
function* segmentExtent(segment: Element): Generator<Need, Claim | undefined, Piece> {
  // A size of 0 is a live writer's, too.
  const end = segment.end > segment.start ? segment.end : Infinity
  let claim: Claim | undefined
  /** Where the elements behind the media begin, as the seek head says. */
  let behind: number[] = []
  let firstCluster: number | undefined
  let inCluster = false
  let isMedia = false
  for (let at = segment.start; at < end;) {
    const { bytes } = yield { at, length: MAX_HEADER }
    const element = read(bytes, at)
    if (element === undefined) {
      // Bytes that are no element say nothing; at the end, the next one may have begun.
      if (bytes.length === MAX_HEADER || end === Infinity) return claim
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
      const isBlock = element.id === SIMPLE_BLOCK || element.id === BLOCK_GROUP
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
  const { bytes } = yield { at, length: MAX_HEADER }
  return read(bytes, at)
}

/** The element that begins with `bytes`; `undefined` where they are none, or too few. */
function read(bytes: Buffer, at: number): Element | undefined {
  try {
    return elementAt(bytes, 0, at)
  } catch {
    return undefined
  }
}

/** The places that a seek head names. */
function positions(bytes: Buffer, start: number, segment: number): number[] {
  try {
    return [...EbmlData.of(ID.seekHead, bytes, start).children()].flatMap(seek => {
      const id = seek.id === ID.seek ? seek.child(ID.seekId)?.unsigned : undefined
      const position = seek.id === ID.seek ? seek.child(ID.seekPosition)?.unsigned : undefined
      return id === undefined || id === ID.cluster || position === undefined ? [] : [segment + position]
    })
  } catch {
    return []
  }
}
