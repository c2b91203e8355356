import { optionError, stringsOption } from '../../options.js'
import { knownJob } from './job-status.js'
import { type OpenQueue, withQueue } from './open-queue.js'
import { type QueueOptions, queueSettings } from './queue-options.js'
import { restartJob } from './restart-job.js'

/** Options of `retry`. */
export interface RetryOptions extends QueueOptions {
  /** The IDs of the jobs to run again: at least one. @defaultValue all that failed */
  ids?: readonly string[] | undefined
}

const AT_ONCE = 100

/**
 * Runs failed jobs again. Split jobs go on where they stopped: finished pieces are not encoded again.
 *
 * @returns the IDs of the jobs that run again; jobs that have not failed are left alone
 * @throws `OptionError`; `QueueError` `AVIO_ERR_QUEUE_UNKNOWN_JOB` for an ID that the queue does not have,
 *   `AVIO_ERR_QUEUE_UNREACHABLE`, `AVIO_ERR_QUEUE_PEER_MISSING`
 */
export async function retry(options: RetryOptions): Promise<{ readonly retried: readonly string[] }> {
  const settings = queueSettings(options, 'retry', ['ids'])
  const ids = options.ids === undefined ? undefined : stringsOption(options, 'ids')
  if (ids?.length === 0) throw optionError('ids', 'the IDs of jobs, or left out for all that failed', ids)
  return await withQueue(settings, async open => {
    for (const id of ids ?? []) await knownJob(open, id)
    const retried: string[] = []
    for (const id of ids ?? (await failedIds(open))) if (await restartJob(open, id)) retried.push(id)
    return { retried }
  })
}

async function failedIds({ queue }: OpenQueue): Promise<string[]> {
  const ids: string[] = []
  for (let at = 0; ; at += AT_ONCE) {
    const page = await queue.getFailed(at, at + AT_ONCE - 1)
    ids.push(...page.map(({ id }) => id!))
    if (page.length < AT_ONCE) return ids
  }
}
