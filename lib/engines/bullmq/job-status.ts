import { QueueError } from '../../errors.js'
import { optionError } from '../../options.js'
import { type JobInfo, jobInfo } from './job-info.js'
import { listWorkers } from './list-workers.js'
import { type BullJob, type OpenQueue, withQueue } from './open-queue.js'
import { type QueueOptions, queueSettings } from './queue-options.js'
import { isJob } from './record-failure.js'
import { surroundings } from './status.js'

/**
 * The state of one job.
 *
 * @param id - as `addJob` returned it
 * @throws `OptionError`; `QueueError` `AVIO_ERR_QUEUE_UNKNOWN_JOB`, `AVIO_ERR_QUEUE_UNREACHABLE`,
 *   `AVIO_ERR_QUEUE_PEER_MISSING`
 */
export async function jobStatus(id: string, options: QueueOptions): Promise<JobInfo> {
  const settings = queueSettings(options, 'jobStatus')
  return await withQueue(settings, async open => {
    const job = await knownJob(open, id)
    const [workers, active] = await Promise.all([
      listWorkers(open),
      open.queue.getActive(0, -1) as Promise<BullJob[]>,
    ])
    return await jobInfo(open, job, surroundings(workers, active))
  })
}

/** A job by its ID. @throws {@link QueueError} `AVIO_ERR_QUEUE_UNKNOWN_JOB` */
export async function knownJob({ queue }: Pick<OpenQueue, 'queue'>, id: string): Promise<BullJob> {
  if (typeof id !== 'string' || id === '') throw optionError('id', 'the ID of a job', id)
  const job = (await queue.getJob(id)) as BullJob | undefined
  if (job !== undefined && isJob(job)) return job
  const message =
    `The queue "${queue.name}" has no job ${id}: it was never added, was cancelled, or ended so long ago that the ` +
    'queue no longer keeps it.'
  throw new QueueError('AVIO_ERR_QUEUE_UNKNOWN_JOB', message, { queue: queue.name, job: id })
}
