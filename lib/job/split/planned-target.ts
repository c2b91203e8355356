import { OptionError } from '../../errors.js'
import { publishedObjects } from '../../hls/older-presentation.js'
import type { S3Client } from '@aws-sdk/client-s3'
import { hashOf } from '../grid/canonical-json.js'
import type { PackageSettings } from './package-settings.js'
import { packageStorage } from './package-storage.js'
import { type PlannedPackage, type PlannedTarget, type SplitPlan, planHash } from './split-plan.js'
import type { SplitSettings } from './split-spec.js'
import { PLAN_METADATA } from './target-state.js'
import type { WorkStore } from './work-store.js'

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
export function withTarget<P extends Omit<SplitPlan, 'hash' | 'output' | 'work' | 'notes' | 'estimate'>>(
  pieces: P,
  output: SplitSettings['output'],
  { replaces }: SeenTarget,
): P & Pick<SplitPlan, 'hash' | 'output'> {
  const named = { ...pieces, output: { ...withRun(pieces, output), ...replaces } as PlannedTarget }
  return { ...named, hash: planHash(named) }
}

function withRun(
  pieces: Omit<SplitPlan, 'hash' | 'output' | 'work' | 'notes' | 'estimate'>,
  output: SplitSettings['output'],
): PlannedTarget {
  if (output.type === 'object' || output.run !== undefined) return output as PlannedTarget
  const unnamed = planHash({ ...pieces, output: { ...output, run: '' } })
  return { ...output, run: hashOf(unnamed).slice(0, RUN_DIGITS) }
}

/**
 * Refuses a run that its user has named and that is published already, by anything but this plan: its objects would be
 * overwritten while players read them.
 *
 * @throws {@link OptionError} for `run`
 */
export async function checkRun(output: PackageSettings, isOwn: boolean, client: S3Client): Promise<void> {
  const { run, playlist } = output
  if (run === undefined || isOwn) return
  const published = await publishedObjects(packageStorage(output, client), [playlist])
  if (published?.some(name => name.startsWith(`${run}/`)) !== true) return
  const message = `The run "${run}" is already published, and its objects would be overwritten: choose another name`
  throw new OptionError('run', message, run)
}
