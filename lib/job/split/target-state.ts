import { PlanError } from '../../errors.js'
import { formatS3Uri } from '../../s3/request/s3-location.js'
import type { SplitPlan } from './split-plan.js'
import type { WorkStore } from './work-store.js'

/** The metadata key for the hash of the plan, by which a late or second run recognizes its own result. */
export const PLAN_METADATA = 'avio-plan'

/** The object made from the pieces. */
export interface SplitResult {
  readonly bucket: string
  readonly key: string
  readonly etag: string
  readonly versionId: string | undefined
  /** In bytes. */
  readonly bytes: number
}

/**
 * The result of the plan, if it is already stored; `undefined` if the object can be written.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_TARGET_CHANGED` if another object was stored there since the plan was made
 */
export async function resultUnderKey(plan: SplitPlan, store: WorkStore): Promise<SplitResult | undefined> {
  const { bucket, key, replaces } = plan.output
  const found = await store.head({ bucket, key })
  if (found?.metadata[PLAN_METADATA] === plan.hash) {
    return { bucket, key, etag: found.etag, versionId: found.versionId, bytes: found.size }
  }
  if (found?.etag === replaces) return undefined
  const then = replaces === undefined ? 'there was none' : `it was ${replaces}`
  throw new PlanError(
    'AVIO_ERR_PLAN_TARGET_CHANGED',
    `${formatS3Uri({ bucket, key })} is ${found === undefined ? 'gone' : `now ${found.etag}`}; when the plan was ` +
      `made ${then}. A newer job has written it: this one leaves it alone. To replace it, make the plan again.`,
    { plan: plan.hash },
  )
}
