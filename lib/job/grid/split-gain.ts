/**
 * Estimates whether splitting a video saves time. Each chunk costs a start (a process, the source's index, its first
 * requests) and a run-up (frames decoded and dropped); the join reads and writes the result once more. The workers
 * encode in rounds of one chunk each.
 */
export interface SplitCosts {
  /** Length of the video, in seconds. */
  readonly seconds: number
  /** Number of chunks. */
  readonly chunks: number
  /** Length of a chunk, in seconds. */
  readonly chunkSeconds: number
  /** Number of chunks encoded at the same time. */
  readonly workers: number
  /** Speed of one worker, in seconds of video per second. */
  readonly encodeSpeed: number
  /** Time to start a chunk, in seconds. */
  readonly startSeconds: number
  /** Video decoded before a chunk's first frame, in seconds. */
  readonly runUpSeconds: number
  /** Speed of the join, in seconds of video per second. */
  readonly joinSpeed: number
}

/** An estimate of {@link SplitCosts.joinSpeed}, of which the order of magnitude is enough. */
export const JOIN_SPEED = 400

/** Decoding is this much faster than encoding. */
const DECODE_FACTOR = 5

/** The estimated time of a single run and of a split, in seconds. */
export function splitTimes(costs: SplitCosts): { readonly whole: number; readonly split: number } {
  const { seconds, chunks, chunkSeconds, workers, encodeSpeed, startSeconds, runUpSeconds, joinSpeed } = costs
  const chunk = startSeconds + runUpSeconds / (encodeSpeed * DECODE_FACTOR) + chunkSeconds / encodeSpeed
  return {
    whole: startSeconds + seconds / encodeSpeed,
    split: Math.ceil(chunks / workers) * chunk + startSeconds + seconds / joinSpeed,
  }
}
