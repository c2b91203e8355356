import type { S3Client } from '@aws-sdk/client-s3'
import { checkContent } from '../../job/check-content.js'
import { checkReferences } from '../../job/check-job.js'
import type { Job } from '../../job/schema/job.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { WorkStore } from '../../job/split/work-store.js'
import { identityOf, pinJob } from '../steps/job-identity.js'
import { refuseSecrets } from '../steps/refuse-secrets.js'
import { type AddJobOptions, addJobSettings } from './add-options.js'
import { withQueue } from './open-queue.js'
import { type IdentifiedJob, putJobs } from './put-jobs.js'

/** The result of `addJob`. */
export interface AddedJob {
  /** The hash of the job and of the versions of its inputs: 64 hexadecimal digits. */
  readonly id: string
  /** Whether the queue did not have it yet. */
  readonly isNew: boolean
  /** Whether it had failed and is tried again. */
  readonly isRetried: boolean
}

/**
 * Adds a job to a queue, from which a {@link worker} takes it.
 *
 * - *Once.* The job's inputs in S3 are pinned to the versions they have now, and its ID is the hash of the job with
 *   these versions: a job that is added twice runs once; if an input has changed, it is a new job; if it had failed, it
 *   is tried again.
 * - *Checked first.* An invalid job is an error, and so is one with a presigned URL, a user or a password, which
 *   everyone who can read the queue would see. What a job may open is decided where it runs, by `allow` of the worker.
 * - *Small.* The queue keeps the job and its result, some kilobytes, and never media. It keeps finished jobs for 7
 *   days, and failed ones for 30 days; Redis no more than 10,000 of each.
 *
 * @example
 * ```ts
 * const { id, isNew } = await addJob(job, { connection: 'redis://localhost', client })
 * ```
 * @throws `OptionError`; `JobError` `AVIO_ERR_JOB_INVALID`, `AVIO_ERR_JOB_REFUSED`; `S3Error` `AVIO_ERR_NO_SUCH_KEY`
 * for an input that does not exist; `QueueError` `AVIO_ERR_QUEUE_UNREACHABLE`, `AVIO_ERR_QUEUE_PEER_MISSING`
 */
export async function addJob(job: Job, options: AddJobOptions): Promise<AddedJob> {
  const settings = addJobSettings(options, 'addJob')
  const identified = await identifiedJob(job, settings.client)
  return await withQueue(settings, async open => {
    const [put] = await putJobs(open, [identified], settings.queued)
    return { id: identified.id, isNew: put === 'added', isRetried: put === 'retried' }
  })
}

/** Checks a job, pins its inputs and determines its identity. */
async function identifiedJob(job: Job, client: S3Client): Promise<IdentifiedJob> {
  const parsed = parseJob(job)
  checkReferences(parsed)
  refuseSecrets(parsed)
  checkContent(parsed)
  const pinned = await pinJob(parsed, new WorkStore({ client }))
  return { id: identityOf(pinned), job: pinned }
}
