import { QueueError } from '../../errors.js'
import { pieceName } from '../../job/split/split-plan.js'
import { type PieceStep, looseStep } from '../steps/step.js'
import { type StoredError, storedError } from '../steps/stored-error.js'
import type { BullJob, OpenQueue } from './open-queue.js'
import { JOB } from './put-jobs.js'

/** Keeps an error in the data of its job: that of a piece, too, since pieces leave the queue. */
export async function recordFailure(
  { queue }: Pick<OpenQueue, 'queue'>,
  step: BullJob,
  error: StoredError,
): Promise<void> {
  const id = jobIdOf(step)
  const job = id === step.id ? step : await queue.getJob(id)
  if (job === undefined) return
  await job.updateData({ ...looseStep(job.data), error })
}

/**
 * Looks after a step that has failed for good, whatever the reason; BullMQ itself gives up steps whose workers died too
 * often, and jobs with a failed piece.
 */
export async function afterFailure(
  open: Pick<OpenQueue, 'queue'>,
  step: BullJob,
  reason: string,
): Promise<void> {
  const isStalled = /stalled more than/.test(reason)
  if (isStalled) await recordFailure(open, step, storedError(stalled(step), pieceOf(step)))
  // Waiting siblings would work in vain. Running ones end by themselves, and a retry finds their pieces.
  if (step.name === JOB) await step.removeUnprocessedChildren()
}

/** The ID of the job that a step belongs to. */
export function jobIdOf(step: BullJob): string {
  const { of } = (step.data ?? {}) as Partial<PieceStep>
  return step.name === JOB || typeof of !== 'string' ? step.id! : of
}

/** Whether an entry of the queue is a job, and not a piece of one. Those of other programs count as jobs. */
export function isJob(step: BullJob): boolean {
  return jobIdOf(step) === step.id
}

/** The name of a step’s piece. */
export function pieceOf(step: BullJob): string | undefined {
  if (step.name === JOB) return undefined
  const { piece } = (step.data ?? {}) as Partial<PieceStep>
  return piece === undefined ? undefined : pieceName(piece)
}

function stalled(step: BullJob): QueueError {
  const what = pieceOf(step) ?? 'the job'
  const message = `The workers that took ${what} died, or lost their locks, ${step.stalledCounter} times.`
  return new QueueError('AVIO_ERR_QUEUE_STALLED', message, { job: jobIdOf(step) })
}
