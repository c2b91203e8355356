/**
 * Estimates whether splitting a video saves time. Each chunk costs a start (a process, the source's index, its first
 * requests) and a run-up (frames decoded and dropped); the audio and the images are one piece each, and keep a worker
 * busy; the join reads and writes the result once more.
 */

/** The terms of the estimate. */
export interface SplitTerms {
  /** Length of the video, in seconds. */
  readonly seconds: number
  /** Number of chunks to encode. */
  readonly chunks: number
  /** Number of chunks that were encoded already, beside those. Absent for none, and where it made no difference. */
  readonly finishedChunks?: number
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
  /** Time to take the images of a package, which are one piece, in seconds; 0 without images. */
  readonly imagesSeconds: number
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
 * The time until the last piece is encoded. The audio and the images go first, to a worker each, and the workers that
 * are done with them, as all others, take chunk after chunk: the shortest time in which the workers finish all chunks.
 */
function encodeTime(terms: SplitTerms): number {
  const { chunks, workers, audioSeconds, imagesSeconds } = terms
  const chunk = chunkTime(terms)
  const uncut = workers === 1 ? [audioSeconds + imagesSeconds] : [audioSeconds, imagesSeconds]
  const isEnough = (time: number) => {
    const own = uncut.map(start => chunksWithin(time - start, chunk))
    const others = (workers - uncut.length) * chunksWithin(time, chunk)
    return own.reduce((sum, some) => sum + some, others) >= chunks
  }
  // A worker that does nothing else begins with a chunk at once.
  const starts = workers > uncut.length ? [...uncut, 0] : uncut
  const ends = starts.map(
    start => start + chunk * leastCount(chunks, count => isEnough(start + chunk * count)),
  )
  return Math.max(...uncut, Math.min(...ends))
}

/** Chunks that a worker finishes in a time. */
function chunksWithin(time: number, chunk: number): number {
  // A time that was added up may be a little shorter than its parts.
  return Math.max(0, Math.floor(time / chunk + 1e-9))
}

/** The least number up to `most` that is enough, or `most`. */
function leastCount(most: number, isEnough: (count: number) => boolean): number {
  let [least, last] = [0, most]
  while (least < last) {
    const middle = Math.floor((least + last) / 2)
    if (isEnough(middle)) last = middle
    else least = middle + 1
  }
  return least
}
