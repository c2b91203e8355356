import { PlanError } from '../../errors.js'
import { PACKAGE_METADATA, type PackageNumbers } from '../../hls/storage/committing-storage.js'
import { type S3Location, formatS3Uri } from '../../s3/request/s3-location.js'
import { hashOf } from '../grid/canonical-json.js'
import type { WorkLeft } from '../schema/job-result.js'
import { type PlannedTarget, type SplitPlan, mediaPlaylists } from './split-plan.js'
import type { ObjectState } from '../../s3/commit/head-object.js'
import type { WorkStore } from './work-store.js'

/** The metadata key for {@link planMark}. */
export const PLAN_METADATA = 'avio-plan'

/**
 * The mark by which a late or second run recognizes its own result: the hash of the plan. Objects with equal pieces may
 * differ in their content type, cache control and metadata; if the plan states any of these, it is a hash of all.
 */
export function planMark({ hash, output }: Pick<SplitPlan, 'hash' | 'output'>): string {
  if (output.type === 'package') return hash
  const { contentType, cacheControl, metadata } = output
  const isPlain = contentType === undefined && cacheControl === undefined && metadata === undefined
  return isPlain ? hash : hashOf({ hash, contentType, cacheControl, metadata })
}

/** What was made from the pieces: the object, or the multivariant playlist of the package. */
export interface SplitResult {
  /** The bucket. */
  readonly bucket: string
  /** The key. */
  readonly key: string
  /** The ETag as the store sent it, with its quotes. */
  readonly etag: string
  /** The version ID; `undefined` in a bucket that keeps no versions. */
  readonly versionId: string | undefined
  /** In bytes; of a package all its media and initialization segments. */
  readonly bytes: number
  /** Of a package only. */
  readonly package?: SplitPackageResult
  /** Of `runSplit`: pieces that could not be removed afterwards. Absent if none are left. */
  readonly workLeft?: WorkLeft
}

/** The numbers of a package. */
export interface SplitPackageResult {
  /** The directory of its objects, below the prefix. */
  readonly run: string
  /** Names below the prefix: the media playlists, the manifest, and last the multivariant playlist. */
  readonly playlists: readonly string[]
  /** Number of media segments, over all renditions. */
  readonly segments: number
  /** Of the longest rendition, in seconds. */
  readonly duration: number
  /** Replaced objects that could not be removed. */
  readonly leftBehind: readonly string[]
}

/** The object that decides whether the plan, or another job, has stored the result. */
function targetLocation(output: PlannedTarget): S3Location {
  const { bucket } = output
  return { bucket, key: output.type === 'object' ? output.key : output.prefix + output.playlist }
}

/** The target compared with the plan: `unchanged` since then, `made` by it, or changed by something else. */
export interface TargetState {
  readonly is: 'unchanged' | 'made' | 'changed'
  readonly found: ObjectState | undefined
}

/** Looks at the target. */
export async function targetState(plan: SplitPlan, store: WorkStore): Promise<TargetState> {
  const { output } = plan
  const found = await store.head(targetLocation(output))
  if (found?.metadata[PLAN_METADATA] === planMark(plan)) return { is: 'made', found }
  return { is: found?.etag === output.replaces ? 'unchanged' : 'changed', found }
}

/**
 * The result of the plan, if it is already stored, a package with its manifest; `undefined` if it can be written.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_TARGET_CHANGED` if another object was stored there since the plan was made
 */
export async function resultUnderKey(plan: SplitPlan, store: WorkStore): Promise<SplitResult | undefined> {
  const { is, found } = await targetState(plan, store)
  if (is === 'made') return (await hasManifest(plan, store)) ? resultOf(plan, found!) : undefined
  if (is === 'unchanged') return undefined
  throw targetChanged(plan, targetLocation(plan.output), plan.output.replaces, found)
}

/** The manifest is stored after the playlist: a run that ended in between has left an older one. */
async function hasManifest({ hash, output }: SplitPlan, store: WorkStore): Promise<boolean> {
  if (output.type === 'object' || output.mpd === undefined) return true
  const found = await store.head({ bucket: output.bucket, key: output.prefix + output.mpd })
  return found?.metadata[PLAN_METADATA] === hash
}

/** The result that an object with the plan's mark is. */
export function resultOf(
  { output }: SplitPlan,
  { etag, versionId, size, metadata }: ObjectState,
): SplitResult {
  const stored = { ...targetLocation(output), etag, versionId }
  if (output.type === 'object') return { ...stored, bytes: size }
  const { bytes, ...numbers } = JSON.parse(metadata[PACKAGE_METADATA] ?? '{}') as PackageNumbers
  const { mpd, playlist } = output
  const playlists = [...mediaPlaylists(output), ...(mpd ? [mpd] : []), playlist]
  return { ...stored, bytes, package: { ...numbers, run: output.run, playlists, leftBehind: [] } }
}

/** The error for a target that something else has written. */
export function targetChanged(
  { hash }: SplitPlan,
  location: S3Location,
  replaces: string | undefined,
  found: ObjectState | undefined,
): PlanError {
  const then = replaces === undefined ? 'there was none' : `it was ${replaces}`
  return new PlanError(
    'AVIO_ERR_PLAN_TARGET_CHANGED',
    `${formatS3Uri(location)} is ${found === undefined ? 'gone' : `now ${found.etag}`}; when the plan was ` +
      `made ${then}. A newer job has written it: this one leaves it alone. To replace it, make the plan again.`,
    { plan: hash },
  )
}

/** The reason not to commit: another run of the same plan was faster. */
export class AlreadyThere extends Error {}
