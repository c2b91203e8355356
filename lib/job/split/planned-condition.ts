import { S3Error } from '../../errors.js'
import { parseS3Uri } from '../../s3/request/s3-location.js'
import type { JobOutput } from '../schema/job.js'
import type { SplitPlan } from './split-plan.js'
import { resultUnderKey } from './target-state.js'
import type { WorkStore } from './work-store.js'

/**
 * Checks the job's condition for its target, `ifNoneMatch` or `ifMatch`, on the target that the plan has found. From
 * then on, the plan itself is the condition: the commit replaces only what was there. An object that this plan has
 * made is a result, which meets any condition.
 *
 * @throws {@link S3Error} `AVIO_ERR_PRECONDITION_FAILED`, as the commit of a job that runs whole
 */
export async function checkCondition(output: JobOutput, plan: SplitPlan, store: WorkStore): Promise<void> {
  if (output.type !== 'object') return
  const { url, ifNoneMatch, ifMatch } = output
  const { replaces } = plan.output
  const isMet =
    (ifNoneMatch === undefined || replaces === undefined) &&
    (ifMatch === undefined || unquoted(replaces) === unquoted(ifMatch))
  if (isMet || (await resultUnderKey(plan, store)) !== undefined) return
  const found = replaces === undefined ? 'does not exist' : `exists, with the ETag ${replaces}`
  const condition = ifMatch === undefined ? `ifNoneMatch: ${ifNoneMatch!}` : `ifMatch: ${ifMatch}`
  throw new S3Error(
    'AVIO_ERR_PRECONDITION_FAILED',
    `${url} ${found}, which the job does not allow to be replaced (${condition}). Nothing was encoded or stored.`,
    parseS3Uri(url) ?? {},
    { retryable: false },
  )
}

function unquoted(etag: string | undefined): string | undefined {
  return etag?.replace(/^"(.*)"$/, '$1')
}
