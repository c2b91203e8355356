import { S3Error } from '../../errors.js'
import { claimName } from '../../hls/run-claim.js'
import { PACKAGE_METADATA, type PackageNumbers } from '../../hls/storage/committing-storage.js'
import {
  type CommitTerms,
  JOB_METADATA,
  commitTarget,
  decisionOf,
  isOfJob,
  newerObject,
} from '../../job/outputs/commit-target.js'
import { hasCondition } from '../../job/outputs/target-condition.js'
import type { Job, JobObject, JobOutput, JobPackage } from '../../job/schema/job.js'
import type { JobOutputResult, JobResult } from '../../job/schema/job-result.js'
import { parseLocation, parsePrefix } from '../../job/schema/location.js'
import type { WorkStore } from '../../job/split/work-store.js'
import type { ObjectState } from '../../s3/commit/head-object.js'
import type { S3Location } from '../../s3/request/s3-location.js'

/**
 * The objects that a job stores, before a run: a worker that was presumed dead and comes back must not replace what a
 * newer job wrote, and a job that is delivered twice must not do its work twice.
 */
export interface OwnTargets {
  /** The job to run: it stores each object only if nothing under its key has changed since. */
  readonly job: Job
  /** The same for its packages, images and reports. */
  readonly terms: CommitTerms
  /** The result, if an earlier run of this job stored all of its outputs. */
  readonly result: JobResult | undefined
  /** Whether an earlier or another run of this job has stored any of them. */
  readonly isBegun: boolean
  /** What lay under its keys when it first began. */
  readonly before: TargetsBefore
}

/**
 * The ETags of the objects under the keys of a job's outputs when the job first began: of an object, or of the one that
 * decides (the multivariant playlist of a package, the index of a storyboard, the first thumbnail, a report). `null` if
 * there was none, and for outputs outside S3. A later attempt that went by what it finds would replace what a newer job
 * has written since.
 */
export type TargetsBefore = readonly (string | null)[]

/** What lies under the keys of an output. */
interface Found {
  readonly location: S3Location
  readonly state: ObjectState | undefined
  /** Whether this job has stored all that decides whether it is complete. */
  readonly isDone: boolean
}

/**
 * Looks at the objects that a job is going to store.
 *
 * @param id - the identity of the job
 * @param earlier - what the first attempt found
 * @throws `S3Error` `AVIO_ERR_PRECONDITION_FAILED` if another job has written one of them since
 */
export async function ownTargets(
  job: Job,
  id: string,
  store: WorkStore,
  earlier?: TargetsBefore,
): Promise<OwnTargets> {
  const found = await Promise.all(job.outputs.map(output => stateOf(output, id, store)))
  const etags = found.map(one => one?.state?.etag ?? null)
  const before = earlier ?? etags
  for (const [n, output] of job.outputs.entries()) {
    const one = found[n]
    if (one === undefined || isOfJob(one.state, id) || hasCondition(output)) continue
    if (etags[n] !== before[n]) throw newerObject(one.location)
  }
  const outputs = job.outputs.map((output, n) =>
    output.type === 'object' && found[n] ? guarded(output, id, found[n].state) : output,
  )
  const isDone = found.every(one => one?.isDone === true)
  return {
    job: { ...job, outputs },
    terms: { id, replaces: etags },
    result: isDone ? resultOf(job, found as Found[]) : undefined,
    isBegun: found.some(one => isOfJob(one?.state, id)),
    before,
  }
}

/**
 * Removes what an attempt of this job has left that ended right after it had published a package: the claim to its run.
 *
 * @param id - the identity of the job
 */
export async function releaseRuns({ outputs }: Job, id: string, store: WorkStore): Promise<void> {
  for (const output of outputs) {
    if (output.type !== 'package' || output.run === undefined) continue
    const place = parsePrefix(output.prefix)
    if (place?.kind !== 's3') continue
    const claim = { bucket: place.bucket, key: place.key + claimName(output.run) }
    if (isOfJob(await store.head(claim), id)) await store.remove(claim.bucket, [claim.key])
  }
}

/** The error for a run whose condition failed, or `undefined` if that has another reason. */
export function targetChanged(error: unknown): S3Error | undefined {
  if (!(error instanceof S3Error) || error.code !== 'AVIO_ERR_PRECONDITION_FAILED') return undefined
  return newerObject({ bucket: error.bucket!, key: error.key! }, error)
}

/** `undefined` for an output outside S3. */
async function stateOf(output: JobOutput, id: string, store: WorkStore): Promise<Found | undefined> {
  if (output.type === 'object') {
    const location = parseLocation(output.url)
    if (location?.kind !== 's3') return undefined
    const state = await store.head(location)
    return { location, state, isDone: isOfJob(state, id) }
  }
  const target = commitTarget(output)
  if (target === undefined) return undefined
  const location = decisionOf(target)
  const state = await store.head(location)
  // The times of images, and what a report says, are not stored with them.
  if (output.type !== 'package' || !isOfJob(state, id)) return { location, state, isDone: false }
  const others = await Promise.all(
    target.others.map(name => store.head({ bucket: target.bucket, key: target.prefix + name })),
  )
  return { location, state, isDone: others.every(one => isOfJob(one, id)) }
}

/** The user's own conditions stay. */
function guarded(output: JobObject, id: string, found: ObjectState | undefined): JobObject {
  const metadata = { ...output.metadata, [JOB_METADATA]: id }
  if (!isOfJob(found, id) && hasCondition(output)) return { ...output, metadata }
  return {
    ...{ ...output, metadata },
    ifMatch: found?.etag,
    ifNoneMatch: found === undefined ? '*' : undefined,
  }
}

function resultOf(job: Job, found: readonly Found[]): JobResult {
  return {
    version: 1,
    inputs: job.inputs.map(({ url, etag, versionId }) => ({
      url,
      ...(etag !== undefined && { etag }),
      ...(versionId !== undefined && { versionId }),
    })),
    outputs: job.outputs.map((output, n) => {
      const state = found[n]!.state!
      return output.type === 'package'
        ? packageResult(output, state)
        : objectResult(output as JobObject, state)
    }),
  }
}

function objectResult({ url }: JobObject, { size, etag, versionId }: ObjectState): JobOutputResult {
  return { type: 'object', url, bytes: size, etag, ...(versionId !== undefined && { versionId }) }
}

function packageResult(
  { prefix, renditions, images, mpd, playlist = 'main.m3u8' }: JobPackage,
  { metadata }: ObjectState,
): JobOutputResult {
  const { run, ...numbers } = JSON.parse(metadata[PACKAGE_METADATA]!) as PackageNumbers
  const tracks = [...renditions.map(({ name }) => name), ...(images ? [images.name ?? 'thumbnails'] : [])]
  const playlists = [
    ...tracks.map(name => `${run}/${name}/index.m3u8`),
    ...(mpd === undefined ? [] : [mpd]),
    playlist,
  ]
  return { type: 'package', prefix, playlists, run, ...numbers, leftBehind: [] }
}
