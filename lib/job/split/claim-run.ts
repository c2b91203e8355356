import { claimName, claimedRun } from '../../hls/run-claim.js'
import { CommitRefusal } from '../../s3/commit/commit-refusal.js'
import { commitStorage } from './commit-storage.js'
import { hasNamedRun } from './planned-target.js'
import type { PlannedPackage, SplitPlan } from './split-plan.js'
import { PLAN_METADATA } from './target-state.js'
import type { WorkStore } from './work-store.js'

/**
 * Claims the run of a package for its plan, if the user has named it: the initialization segments and playlists of
 * another plan would have the same names. All steps of the plan share the claim, until {@link releaseRun}.
 *
 * @throws `OptionError` for a run that something else has claimed
 */
export async function claimRun(plan: SplitPlan, output: PlannedPackage, store: WorkStore): Promise<void> {
  if (!hasNamedRun(plan)) return
  const bytes = Buffer.from(JSON.stringify({ plan: plan.hash }))
  try {
    await commitStorage(plan, output, store).storage.claim(claimName(output.run), bytes)
  } catch (error) {
    throw error instanceof CommitRefusal ? claimedRun(output.run, error) : error
  }
}

/** Removes the claim of a plan. Returns the number of objects removed. */
export async function releaseRun(
  plan: SplitPlan,
  { bucket, prefix, run }: PlannedPackage,
  store: WorkStore,
): Promise<number> {
  if (!hasNamedRun(plan)) return 0
  const key = prefix + claimName(run)
  const found = await store.head({ bucket, key })
  if (found?.metadata[PLAN_METADATA] !== plan.hash) return 0
  await store.remove(bucket, [key])
  return 1
}
