import { AvioError, isError } from '../../errors.js'
import { CleanUpWatch, type Patience } from '../../io/async/clean-up-watch.js'
import { formatS3Uri } from '../../s3/request/s3-location.js'
import type { WorkLeft } from '../schema/job-result.js'
import { removeWorkOf } from './remove-work.js'
import { type SplitPlan, workPrefix } from './split-plan.js'
import type { WorkStoreSettings } from './work-store.js'

/**
 * Removes the work of a plan after the commit, or after a cancel. By then the outcome of the job is decided, and
 * nothing changes it: not a store that refuses, fails or does not answer, and not an abort, which only makes it
 * impatient.
 *
 * @returns what may be left; `undefined` if nothing is
 */
export async function cleanUpWork(
  plan: SplitPlan,
  { client, signal }: Pick<WorkStoreSettings, 'client' | 'signal'>,
  patience?: Patience,
): Promise<WorkLeft | undefined> {
  const watch = new CleanUpWatch(signal, patience)
  try {
    await removeWorkOf(plan, { client, signal: watch.signal, onAnswer: watch.alive })
    return undefined
  } catch (error) {
    return workLeft(plan, watch.signal.aborted ? watch.signal.reason : error)
  } finally {
    watch.stop()
  }
}

function workLeft(plan: SplitPlan, error: unknown): WorkLeft {
  const { bucket, prefix } = plan.work
  const url = formatS3Uri({ bucket, key: workPrefix(plan) })
  const why = isError(error) ? error.message : String(error)
  const message =
    `The pieces below ${url} could not all be removed: ${why} Once the cause is gone, remove them by ` +
    `"avio-streams clean --work ${formatS3Uri({ bucket, key: prefix })} --older-than 24h --delete".`
  return { url, ...(error instanceof AvioError && { code: error.code }), message }
}
