import { abortUploads } from './abort-uploads.js'
import { releaseRun } from './claim-run.js'
import type { SplitContext } from './plan-split.js'
import { removePieces } from './remove-pieces.js'
import { type SplitPlan, type UnsplitPlan, checkPlan, workPrefix } from './split-plan.js'
import { unusedMedia } from './unused-media.js'
import { WorkStore, type WorkStoreSettings } from './work-store.js'

/**
 * Removes all pieces of a plan, results first, and aborts the uploads of dead and running workers: nothing is left
 * below the plan's own prefix. A step that runs later makes its piece again. Call it once the result is stored or no
 * longer needed; after a failure keep the pieces, so that the next run encodes only the missing ones.
 *
 * The segments of a package lie in the package. Once it is published, those of other attempts are removed; before
 * that, all of them.
 *
 * @returns the number of objects removed
 * @throws `PlanError` `AVIO_ERR_PLAN_INVALID`; `S3Error` for what can't be listed, removed or aborted: `runSplit` and
 *   `runJob`, whose result is stored by then, return it as `workLeft` instead
 */
export async function removeWork(
  plan: SplitPlan | UnsplitPlan,
  context: Pick<SplitContext, 'client' | 'signal'> = {},
): Promise<number> {
  return await removeWorkOf(checkPlan(plan), context)
}

/** {@link removeWork}, for a checked plan. */
export async function removeWorkOf(plan: SplitPlan, context: WorkStoreSettings): Promise<number> {
  const removeMedia = () => removeUnusedMedia(plan, new WorkStore(context), context.signal)
  return await removePieces(plan.work.bucket, workPrefix(plan), context, removeMedia)
}

/** Removes what no player of a package needs. Returns how many objects that were. */
async function removeUnusedMedia(
  plan: SplitPlan,
  store: WorkStore,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { output } = plan
  if (output.type === 'object') return 0
  const { bucket } = output
  const prefix = `${output.prefix}${output.run}/`
  const failure = await abortUploads({ client: store.client, bucket, prefix, signal })
  const unused = await unusedMedia(plan, output, store)
  await store.remove(bucket, unused)
  // Last, since another plan may store its own from then on.
  const claims = await releaseRun(plan, output, store)
  if (failure !== undefined) throw failure
  return unused.length + claims
}
