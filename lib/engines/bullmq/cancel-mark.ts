import type { OpenQueue } from './open-queue.js'

/**
 * The mark of a cancelled job is a line of its log: adding one is atomic on every engine, no step overwrites it, and
 * people see it where they look at the job.
 */
const MARK = 'Cancelled.'

/** Marks a job as cancelled. */
export async function markCancelled({ queue }: Pick<OpenQueue, 'queue'>, id: string): Promise<void> {
  const job = await queue.getJob(id)
  await job?.log(MARK)
}

/** Whether a job is marked as cancelled. */
export async function isCancelled({ queue }: Pick<OpenQueue, 'queue'>, id: string): Promise<boolean> {
  const { logs } = await queue.getJobLogs(id)
  return logs.includes(MARK)
}
