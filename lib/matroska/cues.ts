import { sortInTurns } from '../io/async/sort-in-turns.js'
import { STEP, type Work } from '../io/async/turns.js'
import { type EbmlData, tooMuch } from './element.js'
import { KiB } from '../options.js'
import { ID, type Segment } from './segment.js'
import type { MatroskaTrack } from './tracks.js'

/** A position to seek to. */
export interface Cue {
  /** Presentation time in seconds. */
  readonly time: number
  /** Offset of its cluster in the file. */
  readonly offset: number
}

/** Default nanoseconds per tick. */
const DEFAULT_SCALE = 1_000_000
/** Limit of cues: each becomes an object. */
const MAX_CUES = 2 ** 19
/** Limit of a cue's size in bytes: some 20 per track. A cue is parsed without a pause. */
const MAX_POINT_SIZE = 16 * KiB

/** Nanoseconds per tick of the segment (RFC 9559 §5.1.2.9). */
export function timestampScale(segment: Segment): number {
  return segment.info?.child(ID.timestampScale)?.unsigned || DEFAULT_SCALE
}

/** Length of the segment in seconds, if stated. */
export function segmentDuration(segment: Segment): number | undefined {
  const ticks = segment.info?.child(ID.duration)?.float
  return ticks !== undefined && ticks > 0 && ticks < Infinity
    ? (ticks * timestampScale(segment)) / 1e9
    : undefined
}

/**
 * The cues of a track in order of time (RFC 9559 §5.1.5). The writer chooses them: ffmpeg lists every key frame of a
 * video track, and without video the first audio block of each cluster.
 *
 * Times match ffmpeg's: less the codec delay, in whole ticks.
 *
 * @throws MatroskaError `AVIO_ERR_MATROSKA_INVALID`, `AVIO_ERR_MATROSKA_LIMIT` for more than half a million cues
 */
export function* trackCues(segment: Segment, track: MatroskaTrack): Work<Cue[]> {
  const scale = timestampScale(segment)
  const delay = Math.round(track.codecDelay / scale)
  const cues: Cue[] = []
  let counted = 0
  for (const point of segment.cues?.children() ?? []) {
    const looked = segment.cues!.looked
    if (looked - counted >= STEP) {
      yield looked - counted
      counted = looked
    }
    if (point.id !== ID.cuePoint) continue
    if (point.length > MAX_POINT_SIZE) throw tooMuch(`a cue has ${point.length} bytes`, point.offset)
    const ticks = point.child(ID.cueTime)?.unsigned ?? 0
    const position = positionOf(point, track.number)
    if (position === undefined) continue
    cues.push({ time: ((ticks - delay) * scale) / 1e9, offset: segment.start + position })
    if (cues.length > MAX_CUES) throw tooMuch(`more than ${MAX_CUES} cues`, point.offset)
  }
  return yield* sortInTurns(cues, ({ time }) => time)
}

/** Offset of a cue's cluster for a track, from the start of the segment's data. */
function positionOf(point: EbmlData, track: number): number | undefined {
  for (const positions of point.children()) {
    if (positions.id !== ID.cueTrackPositions) continue
    if (positions.child(ID.cueTrack)?.unsigned !== track) continue
    return positions.child(ID.cueClusterPosition)?.unsigned
  }
  return undefined
}
