import type { Mp4Track } from './track.js'

/**
 * When what a track holds is shown: its edit list (ISO/IEC 14496-12 §8.6.6), in the track's own ticks.
 */
export interface Presented {
  /** When the piece begins, from the start of the movie. */
  readonly at: number
  /** First composition time that belongs to it. */
  readonly from: number
  /** One past the last; `Infinity`: to the end. */
  readonly to: number
}

/**
 * The pieces of a track that are shown, in order. Without an edit list that is all of it as it stands; edits that are
 * empty only move what follows.
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

/** What has to be added to a composition time to get when it is shown, as the first piece alone has it. */
export function presentationShift(track: Mp4Track, movieTimescale: number): number {
  const first = presentation(track, movieTimescale)[0]!
  return first.at - first.from
}
