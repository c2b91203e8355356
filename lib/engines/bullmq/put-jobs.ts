import type { Job } from '../../job/schema/job.js'
import type { OpenQueue } from './open-queue.js'
import { type QueuedAs, jobOptions } from './queued-options.js'
import { restartJob } from './restart-job.js'

/** A job with its identity. */
export interface IdentifiedJob {
  readonly id: string
  readonly job: Job
}

/** What became of a job that was added: `known` jobs wait, run or are done, and `retried` ones had failed. */
export type Put = 'added' | 'known' | 'retried'

/** The name of jobs in the queue. */
export const JOB = 'job'

/**
 * Puts jobs into the queue, each once: those that it has already are left alone, and those that failed are tried again.
 *
 * @returns for each job, what became of it
 */
export async function putJobs(
  open: OpenQueue,
  jobs: readonly IdentifiedJob[],
  queued: QueuedAs,
): Promise<Put[]> {
  const { queue, engine } = open
  const states = await Promise.all(jobs.map(({ id }) => queue.getJobState(id)))
  const seen = new Set<string>()
  const puts = jobs.map(({ id }, n): Put => {
    const isTwice = seen.has(id)
    seen.add(id)
    if (isTwice) return 'known'
    if (states[n] === 'unknown') return 'added'
    return states[n] === 'failed' ? 'retried' : 'known'
  })
  const added = jobs.filter((_, n) => puts[n] === 'added')
  await queue.addBulk(
    added.map(({ id, job }) => {
      return { name: JOB, data: { version: 1, job }, opts: jobOptions(id, queued, engine.engine) }
    }),
  )
  for (const [n, put] of puts.entries()) {
    if (put === 'retried' && !(await restartJob(open, jobs[n]!.id))) puts[n] = 'known'
  }
  return puts
}
