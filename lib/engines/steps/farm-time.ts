import { JOIN_SPEED } from '../../job/grid/split-gain.js'

/** What is known of a split job while its pieces run on a farm. */
export interface FarmWork {
  /** Length of the video, in frames and in seconds. */
  readonly frames: number
  readonly seconds: number
  /** Frames encoded so far. */
  readonly framesDone: number
  /** Frames of finished chunks, each with the time it took, in milliseconds. */
  readonly chunks: readonly { readonly frames: number; readonly ms: number }[]
  /** Speed of a worker in seconds of video per second, as the job states it. */
  readonly statedSpeed?: number | undefined
  /** Steps that all workers together can run at the same time. */
  readonly slots: number
}

/** The share of a split job that is done, by frames, 0 to 100. The join is not counted. */
export function percentOf({ frames, framesDone }: Pick<FarmWork, 'frames' | 'framesDone'>): number {
  if (frames <= 0) return 0
  return Math.min(100, (100 * framesDone) / frames)
}

/**
 * The estimated time to the end of a split job, in seconds: the seconds of video left, by the median speed of the
 * finished chunks, divided among the workers alive, and the join. Before the first chunk is finished, the speed is that
 * which the job states.
 *
 * The median, because one straggler should not double the estimate.
 *
 * @returns `undefined` while the speed is unknown, and while no worker is alive
 */
export function secondsLeft(work: FarmWork): number | undefined {
  const { frames, seconds, framesDone, slots, statedSpeed } = work
  const speeds = work.chunks.filter(({ ms }) => ms > 0).map(chunk => (1000 * chunk.frames) / chunk.ms)
  const stated = statedSpeed === undefined ? undefined : (statedSpeed * frames) / seconds
  const speed = medianOf(speeds) ?? stated
  if (speed === undefined || slots < 1) return undefined
  const left = Math.max(0, frames - framesDone)
  return left / speed / slots + seconds / JOIN_SPEED
}

function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2
}
