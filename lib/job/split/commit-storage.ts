import { CommittingStorage, PACKAGE_METADATA } from '../../hls/storage/committing-storage.js'
import { CommitSet, type Replaced } from '../../s3/commit/commit-set.js'
import { packageRequest } from './package-storage.js'
import type { PlannedPackage, SplitPlan } from './split-plan.js'
import { PLAN_METADATA, targetChanged } from './target-state.js'
import type { WorkStore } from './work-store.js'

/**
 * The storage of a package whose multivariant playlist and manifest are stored only if nothing under their keys has
 * changed since the plan was made. Both carry the plan's hash: those that an earlier or another run of the plan has
 * stored stay.
 */
export function commitStorage(
  plan: SplitPlan,
  output: PlannedPackage,
  { client }: WorkStore,
): { readonly storage: CommittingStorage; readonly set: CommitSet } {
  const { bucket, prefix, playlist, replaces, mpd, replacesMpd } = output
  const seen = new Map([[playlist, replaced(replaces)]])
  if (mpd !== undefined) seen.set(mpd, replaced(replacesMpd))
  const set = new CommitSet({
    ...{ client, bucket, prefix, decision: playlist, replaces: seen },
    mark: { name: PLAN_METADATA, value: plan.hash },
    kind: PACKAGE_METADATA,
    changed: (location, then, found) => targetChanged(plan, location, then, found),
  })
  const options = { client, bucket, prefix, request: packageRequest(output) }
  return { storage: new CommittingStorage(options, set, [...seen.keys()]), set }
}

function replaced(etag: string | undefined): Replaced | undefined {
  return etag === undefined ? undefined : { etag }
}
