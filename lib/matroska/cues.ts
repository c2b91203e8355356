import { sortInTurns } from '../io/async/sort-in-turns.js'
import { STEP, type Work } from '../io/async/turns.js'
import { type EbmlData, tooMuch } from './element.js'
import { KiB } from '../options.js'
import { ID, type Segment } from './segment.js'
import type { MatroskaTrack } from './tracks.js'

/** A place that can be jumped to. */
export interface Cue {
  /** When it is shown, in seconds. */
  readonly time: number
  /** Where the cluster begins that holds it, in the file. */
  readonly offset: number
}

/** Nanoseconds of a tick where the file does not say. */
const DEFAULT_SCALE = 1_000_000
/** More are refused: each becomes an object. */
const MAX_CUES = 2 ** 19
/** Bytes of a cue: some 20 for each track that it names. One is looked at in one go. */
const MAX_POINT_SIZE = 16 * KiB

/** How many nanoseconds a tick of the segment has (RFC 9559 §5.1.2.9). */
export function timestampScale(segment: Segment): number {
  return segment.info?.child(ID.timestampScale)?.unsigned || DEFAULT_SCALE
}

/** Length of the segment in seconds, where it is stated. */
export function segmentDuration(segment: Segment): number | undefined {
  const ticks = segment.info?.child(ID.duration)?.float
  return ticks !== undefined && ticks > 0 && ticks < Infinity
    ? (ticks * timestampScale(segment)) / 1e9
    : undefined
}

/**
 * The cues of a track, in the order of time (RFC 9559 §5.1.5): what its writer chose to list. ffmpeg lists every key
 * frame of a picture, and of sound what begins a cluster where there is no picture.
 *
 * Times are as ffmpeg shows them: less the codec delay, in whole ticks.
 *
 * @throws MatroskaError `AVIO_ERR_MATROSKA_INVALID`, `AVIO_ERR_MATROSKA_LIMIT` for more than half a million
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

/** Where a cue says that the cluster of a track begins, from the start of the segment's data. */
function positionOf(point: EbmlData, track: number): number | undefined {
  for (const positions of point.children()) {
    if (positions.id !== ID.cueTrackPositions) continue
    if (positions.child(ID.cueTrack)?.unsigned !== track) continue
    return positions.child(ID.cueClusterPosition)?.unsigned
  }
  return undefined
}
