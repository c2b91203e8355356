import { type PieceStep, looseStep } from '../steps/step.js'
import { type FarmWork, percentOf, secondsLeft } from '../steps/farm-time.js'
import type { PieceDone } from '../steps/run-piece.js'
import type { BullJob } from './open-queue.js'

/** The progress of a job. */
export interface JobProgressInfo {
  /** `probe`, `images`, `encode` or `join`, as reported by `runJob`. */
  readonly phase?: string
  /** How much is done, in percent: 0 to 100. Absent if unknown. */
  readonly percent?: number
  /**
   * The estimated time until a split job ends, in seconds: by the speed of its finished chunks, and before the first
   * one by the `encodeSpeed.chunk` that the job states. Absent without either.
   */
  readonly secondsLeft?: number
  /** For a split job, the number of finished pieces, and of all. */
  readonly pieces?: { readonly done: number; readonly all: number }
}

/**
 * The progress of a split job whose pieces are with the workers.
 *
 * @param pieces - its pieces that run now
 * @param slots - steps that all workers together can run at the same time
 */
export async function splitProgress(
  job: BullJob,
  pieces: readonly BullJob[],
  slots: number,
): Promise<JobProgressInfo> {
  const { job: own, planned } = looseStep(job.data)
  if (planned === undefined) return {}
  const values = Object.values(await job.getChildrenValues<Partial<PieceDone>>())
  const done = values.filter(
    (value): value is PieceDone => typeof value.frames === 'number' && typeof value.ms === 'number',
  )
  const running = pieces.reduce((sum, piece) => sum + framesOfProgress(piece), 0)
  const { frames, seconds, framesBefore } = planned
  const statedSpeed = own?.split?.encodeSpeed?.chunk
  const framesDone = done.reduce((sum, one) => sum + one.frames, framesBefore) + running
  const work: FarmWork = {
    ...{ frames, seconds, framesDone, slots, statedSpeed },
    chunks: done.filter(one => one.frames > 0),
  }
  const left = secondsLeft(work)
  const { unprocessed = 0 } = await job.getDependenciesCount({ unprocessed: true })
  return {
    phase: 'encode',
    percent: percentOf(work),
    ...(left !== undefined && { secondsLeft: left }),
    pieces: { done: planned.pieces - unprocessed, all: planned.pieces },
  }
}

/** The progress that a step stored itself. */
export function ownProgress({ progress }: BullJob): JobProgressInfo {
  if (typeof progress !== 'object') return {}
  const { phase, percent, eta } = progress as { phase?: unknown; percent?: unknown; eta?: unknown }
  return {
    ...(typeof phase === 'string' && { phase }),
    ...(typeof percent === 'number' && { percent }),
    ...(typeof eta === 'number' && { secondsLeft: eta }),
  }
}

function framesOfProgress(piece: BullJob): number {
  const { piece: what } = piece.data as Partial<PieceStep>
  if (typeof what !== 'number' || typeof piece.progress !== 'object') return 0
  const { frames } = piece.progress as { frames?: unknown }
  return typeof frames === 'number' ? frames : 0
}
