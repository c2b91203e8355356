import type { S3Client } from '@aws-sdk/client-s3'
import { QueueError, S3Error } from '../../errors.js'
import { sleep } from '../../io/async/sleep.js'
import { removeWork } from '../../job/split/remove-work.js'
import { type PlanReference, readPlan } from '../../job/split/stored-plan.js'
import { integerOption } from '../../options.js'
import { clientOption } from '../../s3/request/s3-client.js'
import { looseStep } from '../steps/step.js'
import { markCancelled } from './cancel-mark.js'
import { knownJob } from './job-status.js'
import { type BullJob, type OpenQueue, withQueue } from './open-queue.js'
import { type QueueOptions, queueSettings } from './queue-options.js'
import { jobIdOf } from './record-failure.js'

/** Options of `cancel`. */
export interface CancelOptions extends QueueOptions {
  /** The client that removes the pieces of a split job. @defaultValue created from the environment */
  client?: S3Client | undefined
  /** How long to wait for running steps to end, in milliseconds: 0 to 2,147,483,647. @defaultValue 60000 */
  timeout?: number | undefined
}

/** What `cancel` did. */
export interface CancelledJob {
  /** `false` if the job was done already: it stays in the queue, and so does what it stored. */
  readonly isCancelled: boolean
  /** Number of objects removed for a split job: pieces, results, and the plan. */
  readonly removed: number
}

const INTERVAL = 200

/**
 * Cancels a job, from any process: none of its steps starts any more, and running ones stop within seconds and store
 * nothing more. Then the pieces of a split job are removed, and finally the job itself. Its target stays as it was. If
 * this fails half-way, cancel the job again.
 *
 * @param id - as `addJob` returned it
 * @throws `OptionError`; `QueueError` `AVIO_ERR_QUEUE_UNKNOWN_JOB`, `AVIO_ERR_QUEUE_STILL_RUNNING` if a step did not
 *   stop in time, `AVIO_ERR_QUEUE_UNREACHABLE`, `AVIO_ERR_QUEUE_PEER_MISSING`; the errors of `removeWork`
 */
export async function cancel(id: string, options: CancelOptions): Promise<CancelledJob> {
  const settings = queueSettings(options, 'cancel', ['client', 'timeout'])
  const client = clientOption(options)
  const timeout = integerOption(options, 'timeout', {
    ...{ min: 0, max: 2_147_483_647, default: 60_000, unit: 'ms' },
  })
  return await withQueue(settings, async open => {
    const job = await knownJob(open, id)
    if ((await job.getState()) === 'completed') return { isCancelled: false, removed: 0 }
    // The mark first: a step that starts from now on sees it.
    await markCancelled(open, id)
    await job.removeUnprocessedChildren()
    const isDone = await ended(open, id, timeout)
    if (isDone) return { isCancelled: false, removed: 0 }
    const { planned } = looseStep((await open.queue.getJob(id))?.data ?? job.data)
    const removed = planned === undefined ? 0 : await removeAll(planned.reference, client)
    const rest = await open.queue.getJob(id)
    await rest?.remove({ removeChildren: false })
    return { isCancelled: true, removed }
  })
}

/** Waits for all steps of a job to end. Returns whether it ended well in the meantime. */
async function ended(open: OpenQueue, id: string, timeout: number): Promise<boolean> {
  const until = performance.now() + timeout
  for (;;) {
    const state = await open.queue.getJobState(id)
    if (state === 'completed') return true
    const active = (await open.queue.getActive(0, -1)) as BullJob[]
    const running = active.filter(step => jobIdOf(step) === id)
    if (running.length === 0) return false
    if (performance.now() >= until) throw stillRunning(id, running.length, timeout)
    await sleep(INTERVAL)
  }
}

async function removeAll(reference: PlanReference, client: S3Client): Promise<number> {
  try {
    return await removeWork(await readPlan(reference, { client }), { client })
  } catch (error) {
    // The last step, or an earlier call, has removed it.
    if (error instanceof S3Error && error.code === 'AVIO_ERR_NO_SUCH_KEY') return 0
    throw error
  }
}

function stillRunning(job: string, steps: number, timeout: number): QueueError {
  const message =
    `${steps === 1 ? 'A step' : `${steps} steps`} of the cancelled job ${job} did not end within ${timeout} ms. ` +
    'No other one starts; cancel it again to remove its pieces.'
  return new QueueError('AVIO_ERR_QUEUE_STILL_RUNNING', message, { job })
}
