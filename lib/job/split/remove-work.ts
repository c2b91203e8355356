import { abortStaleUploads } from '../../s3/abort-stale-uploads.js'
import type { SplitContext } from './plan-split.js'
import { type SplitPlan, type UnsplitPlan, checkPlan, workPrefix } from './split-plan.js'
import { isPlanKey } from './stored-plan.js'
import { WorkStore } from './work-store.js'

/**
 * Removes all pieces of a plan, results first, and aborts the uploads of dead and running workers: nothing is left
 * below the plan's own prefix. A step that runs later makes its piece again. Call it once the object is stored or no
 * longer needed; after a failure keep the pieces, so that the next run encodes only the missing ones.
 *
 * @returns the number of objects removed
 */
export async function removeWork(
  plan: SplitPlan | UnsplitPlan,
  context: Pick<SplitContext, 'client' | 'signal'> = {},
): Promise<number> {
  const checked = checkPlan(plan)
  const { bucket } = checked.work
  const prefix = workPrefix(checked)
  const store = new WorkStore(context)
  const { client } = store
  await abortStaleUploads({ client, bucket, prefix, olderThan: 0, dryRun: false, signal: context.signal })
  const keys = await store.list(bucket, prefix)
  // A result must not outlive its media, and a stored plan outlives both: with it, an interrupted removal is repeated.
  const rankOf = (key: string) => (!key.endsWith('.json') ? 1 : isPlanKey(key) ? 2 : 0)
  for (const rank of [0, 1, 2])
    await store.remove(
      bucket,
      keys.filter(key => rankOf(key) === rank),
    )
  return keys.length
}
