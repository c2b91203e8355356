import type { Mp4Track } from './track.js'

/**
 * A track's presentation: its edit list (ISO/IEC 14496-12 §8.6.6), in the track's own ticks.
 */
export interface Presented {
  /** Start of the piece in the movie. */
  readonly at: number
  /** Its first composition time. */
  readonly from: number
  /** One past its last; `Infinity`: to the end. */
  readonly to: number
}

/**
 * The presented pieces of a track, in order. Without an edit list that is the whole track; empty edits only
 * delay the pieces after them.
 */
export function presentation(track: Mp4Track, movieTimescale: number): Presented[] {
  const pieces: Presented[] = []
  let at = 0
  for (const { segmentDuration, mediaTime } of track.edits) {
    const duration = movieTimescale > 0 ? Math.round((segmentDuration * track.timescale) / movieTimescale) : 0
    if (mediaTime >= 0) {
      pieces.push({ at, from: mediaTime, to: duration === 0 ? Infinity : mediaTime + duration })
    }
    at += duration
  }
  return pieces.length > 0 ? pieces : [{ at, from: 0, to: Infinity }]
}

/** The offset from composition time to presentation time, according to the first piece alone. */
export function presentationShift(track: Mp4Track, movieTimescale: number): number {
  const first = presentation(track, movieTimescale)[0]!
  return first.at - first.from
}
