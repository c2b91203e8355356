/**
 * Estimates whether splitting a video saves time. Each chunk costs a start (a process, the source's index, its first
 * requests) and a run-up (frames decoded and dropped); the audio is one piece, and keeps one worker busy; the join
 * reads and writes the result once more.
 */

/** The terms of the estimate. */
export interface SplitTerms {
  /** Length of the video, in seconds. */
  readonly seconds: number
  /** Number of chunks. */
  readonly chunks: number
  /** Length of a chunk, in seconds of video: that of the longest. */
  readonly chunkSeconds: number
  /** Number of pieces encoded at the same time. */
  readonly workers: number
  /** Speed of a worker that encodes a chunk, in seconds of video per second. */
  readonly chunkSpeed: number
  /** Speed of a single run of the whole video, in seconds of video per second. */
  readonly wholeSpeed: number
  /** Time to start a chunk, or a single run, in seconds. */
  readonly startSeconds: number
  /** Video decoded before a chunk's first frame, in seconds of video. */
  readonly runUpSeconds: number
  /** Speed at which a worker decodes the run-up, in seconds of video per second. */
  readonly decodeSpeed: number
  /** Time to encode the audio, which is one piece, in seconds; 0 without audio. */
  readonly audioSeconds: number
  /** Time to join the pieces, in seconds. */
  readonly joinSeconds: number
}

/** The two results of the estimate. */
export interface SplitTimes {
  /** Estimated time of a single run, in seconds. */
  readonly wholeSeconds: number
  /** Estimated time in pieces, from the plan to the stored result, in seconds. */
  readonly splitSeconds: number
}

/** Speed of the join, in seconds of video per second. Its order of magnitude is enough. */
export const JOIN_SPEED = 400

/** The estimated time of a chunk on one worker, in seconds. */
export function chunkTime(terms: SplitTerms): number {
  const { startSeconds, runUpSeconds, decodeSpeed, chunkSeconds, chunkSpeed } = terms
  return startSeconds + runUpSeconds / decodeSpeed + chunkSeconds / chunkSpeed
}

/** The estimated time of a single run, and of a run in pieces. */
export function splitTimes(terms: SplitTerms): SplitTimes {
  const { seconds, wholeSpeed, startSeconds, joinSeconds } = terms
  return {
    wholeSeconds: startSeconds + seconds / wholeSpeed,
    splitSeconds: encodeTime(terms) + joinSeconds,
  }
}

/**
 * The time until the last piece is encoded. One worker encodes the audio and then some chunks, the others take the rest
 * in rounds of one chunk each; the shortest time is where both end at about the same time.
 */
function encodeTime(terms: SplitTerms): number {
  const { chunks, workers, audioSeconds } = terms
  const chunk = chunkTime(terms)
  if (workers === 1) return audioSeconds + chunks * chunk
  let best = Infinity
  for (let some = 0; some <= chunks && audioSeconds + some * chunk < best; some++) {
    const rounds = Math.ceil((chunks - some) / (workers - 1))
    best = Math.min(best, Math.max(audioSeconds + some * chunk, rounds * chunk))
  }
  return best
}
