import { publishedObjects } from '../../hls/older-presentation.js'
import { publishedRun } from '../../hls/run-claim.js'
import type { S3Client } from '@aws-sdk/client-s3'
import { hashOf } from '../grid/canonical-json.js'
import type { PackageSettings } from './package-settings.js'
import { packageStorage } from './package-storage.js'
import { type PlannedPackage, type PlannedTarget, type SplitPlan, planHash } from './split-plan.js'
import type { SplitSettings } from './split-spec.js'
import { PLAN_METADATA } from './target-state.js'
import type { WorkStore } from './work-store.js'

/** A plan before its target is known. */
type Unnamed = Omit<SplitPlan, 'hash' | 'output' | 'work' | 'notes' | 'estimate'>

/** Enough digits that no two plans below one prefix share a run. */
const RUN_DIGITS = 16

/** The state of the target at planning. */
export interface SeenTarget {
  /** The ETags to replace. */
  readonly replaces: Partial<Pick<PlannedPackage, 'replaces' | 'replacesMpd'>>
  /** The hash of the plan that made it, if one did. */
  readonly madeBy: string | undefined
}

/** Looks at the objects that the commit will replace. */
export async function seenTarget({ output }: SplitSettings, store: WorkStore): Promise<SeenTarget> {
  if (output.type === 'object') {
    const found = await store.head(output)
    return { replaces: found ? { replaces: found.etag } : {}, madeBy: found?.metadata[PLAN_METADATA] }
  }
  const { bucket, prefix, playlist, mpd } = output
  const [found, manifest] = await Promise.all([
    store.head({ bucket, key: prefix + playlist }),
    mpd === undefined ? undefined : store.head({ bucket, key: prefix + mpd }),
  ])
  return {
    replaces: { ...(found && { replaces: found.etag }), ...(manifest && { replacesMpd: manifest.etag }) },
    madeBy: found?.metadata[PLAN_METADATA],
  }
}

/**
 * The pieces with their target and hash. A run without a name is named after everything that determines its bytes, so
 * that an equal plan finds the pieces.
 */
export function withTarget<P extends Unnamed>(
  pieces: P,
  output: SplitSettings['output'],
  { replaces }: SeenTarget,
): P & Pick<SplitPlan, 'hash' | 'output'> {
  const named = { ...pieces, output: { ...withRun(pieces, output), ...replaces } as PlannedTarget }
  return { ...named, hash: planHash(named) }
}

function withRun(pieces: Unnamed, output: SplitSettings['output']): PlannedTarget {
  if (output.type === 'object' || output.run !== undefined) return output as PlannedTarget
  return { ...output, run: unnamedRun(pieces, output) }
}

/** The name of a run that its user has not named. */
function unnamedRun(pieces: Unnamed, output: PackageSettings): string {
  return hashOf(planHash({ ...pieces, output: { ...output, run: '' } })).slice(0, RUN_DIGITS)
}

/** Whether the user has named the run of a package: then another plan may have the same one. */
export function hasNamedRun(plan: SplitPlan): boolean {
  return plan.output.type === 'package' && plan.output.run !== unnamedRun(plan, plan.output)
}

/**
 * Refuses a run that its user has named and that is published already, by anything but this plan: its objects would be
 * overwritten while players read them.
 *
 * @throws `OptionError` for `run`
 */
export async function checkRun(output: PackageSettings, isOwn: boolean, client: S3Client): Promise<void> {
  const { run, playlist } = output
  if (run === undefined || isOwn) return
  const published = await publishedObjects(packageStorage(output, client), [playlist])
  if (published?.some(name => name.startsWith(`${run}/`)) === true) throw publishedRun(run)
}
