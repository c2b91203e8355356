import type { JobsOptions } from 'bullmq'
import { looseStep } from '../steps/step.js'
import type { OpenQueue } from './open-queue.js'

/** IDs that BullMQ itself gives to jobs of other programs, and does not take. */
const OF_BULLMQ = /^\d+$/

/**
 * Starts a failed job again, from where it stopped: finished pieces stay. It keeps its plan, unless that is why it
 * failed.
 *
 * The job is removed and added again: BullMQ’s own retry would keep the failures of its pieces and the number of times
 * that its workers died.
 *
 * @returns whether it had failed
 */
export async function restartJob({ queue }: OpenQueue, id: string): Promise<boolean> {
  const job = await queue.getJob(id)
  if (job === undefined || (await job.getState()) !== 'failed') return false
  if (OF_BULLMQ.test(id)) {
    await job.retry()
    return true
  }
  const step = looseStep(job.data)
  const planned = isOfPlan(step.error?.code) ? undefined : step.planned
  const data = { ...step, planned, targets: undefined, error: undefined, rounds: undefined }
  const options: JobsOptions = { ...job.opts, jobId: id }
  await job.removeUnprocessedChildren()
  // Pieces that still run belong to the same job when it is added again.
  await job.remove({ removeChildren: false })
  await queue.add(job.name, data, options)
  return true
}

/** A plan whose target has changed, or whose pieces don't fit, would fail again. */
function isOfPlan(code: string | undefined): boolean {
  return code !== undefined && /^AVIO_ERR_(PLAN_(?!OTHER_FFMPEG)|JOB_|OBJECT_CHANGED)/.test(code)
}
