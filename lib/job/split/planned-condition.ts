import { conditionFailure } from '../../s3/commit/write-condition.js'
import type { S3Location } from '../../s3/request/s3-location.js'
import type { JobOutput } from '../schema/job.js'
import type { PlannedTarget, SplitPlan } from './split-plan.js'
import { PLAN_METADATA, planMark } from './target-state.js'
import type { WorkStore } from './work-store.js'

/**
 * Checks the job's condition for its target, `ifNoneMatch` or `ifMatch`, on what the plan has found there. From then
 * on, the plan itself is the condition: the commit replaces only what was there. An object that this plan has made is a
 * result, which meets any condition.
 *
 * @throws `S3Error` `AVIO_ERR_PRECONDITION_FAILED`, as the commit of a job that runs whole
 */
export async function checkCondition(output: JobOutput, plan: SplitPlan, store: WorkStore): Promise<void> {
  for (const { location, etag } of seenObjects(plan.output)) {
    const failure = conditionFailure(output, location, etag)
    if (failure === undefined) continue
    const found = await store.head(location)
    if (found?.metadata[PLAN_METADATA] !== planMark(plan)) throw failure
  }
}

/** The objects that the commit is going to replace, as the plan has found them. */
function seenObjects(output: PlannedTarget): { location: S3Location; etag: string | undefined }[] {
  const { bucket, replaces } = output
  if (output.type === 'object') return [{ location: { bucket, key: output.key }, etag: replaces }]
  const { prefix, playlist, mpd, replacesMpd } = output
  return [
    { location: { bucket, key: prefix + playlist }, etag: replaces },
    ...(mpd === undefined ? [] : [{ location: { bucket, key: prefix + mpd }, etag: replacesMpd }]),
  ]
}
