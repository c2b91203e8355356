import { S3Error } from '../../errors.js'
import type { Job, JobObject, JobOutput } from '../../job/schema/job.js'
import type { JobResult } from '../../job/schema/job-result.js'
import { type Location, parseLocation } from '../../job/schema/location.js'
import type { ObjectState, WorkStore } from '../../job/split/work-store.js'

/** The metadata key for the identity of a job, by which a late or second run recognizes its own objects. */
export const JOB_METADATA = 'avio-job'

/**
 * The objects that a job stores, before a run: a worker that was presumed dead and comes back must not replace what a
 * newer job wrote, and a job that is delivered twice must not do its work twice.
 */
export interface OwnTargets {
  /** The job to run: it stores each object only if nothing under its key has changed since. */
  readonly job: Job
  /** The result, if an earlier run of this job stored all of its outputs. */
  readonly result: JobResult | undefined
  /** What lay under its keys when it first began. */
  readonly before: TargetsBefore
}

/**
 * The ETags of the objects under the keys of a job's outputs when the job first began; `null` if there was none, and
 * for outputs of other types. A later attempt that went by what it finds would replace what a newer job has written
 * since.
 */
export type TargetsBefore = readonly (string | null)[]

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
  const found = await Promise.all(job.outputs.map(output => stateOf(output, store)))
  const isOurs = (n: number) => found[n]?.metadata[JOB_METADATA] === id
  const before = earlier ?? found.map(state => state?.etag ?? null)
  for (const [n, output] of job.outputs.entries()) {
    const location = objectOf(output)
    if (location === undefined || isOurs(n) || hasCondition(output as JobObject)) continue
    if ((found[n]?.etag ?? null) !== before[n]) throw newerObject(location)
  }
  const outputs = job.outputs.map((output, n) =>
    objectOf(output) === undefined ? output : guarded(output as JobObject, id, found[n]),
  )
  const isDone = job.outputs.every((output, n) => objectOf(output) && isOurs(n))
  const result = isDone ? resultOf(job, found as ObjectState[]) : undefined
  return { job: { ...job, outputs }, result, before }
}

/** The error for a run whose condition failed, or `undefined` if that has another reason. */
export function targetChanged(error: unknown): S3Error | undefined {
  if (!(error instanceof S3Error) || error.code !== 'AVIO_ERR_PRECONDITION_FAILED') return undefined
  return newerObject(error, error)
}

function newerObject({ bucket, key }: Pick<S3Error, 'bucket' | 'key'>, cause?: S3Error): S3Error {
  return new S3Error(
    'AVIO_ERR_PRECONDITION_FAILED',
    `s3://${bucket}/${key} has changed since this job began: a newer job has written it. This one leaves it alone; ` +
      'to replace it, retry this job.',
    { bucket, key },
    { cause },
  )
}

/** Whether its user says what it may replace. */
function hasCondition({ ifMatch, ifNoneMatch }: JobObject): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined
}

function objectOf(output: JobOutput): (Location & { kind: 's3' }) | undefined {
  if (output.type !== 'object') return undefined
  const location = parseLocation(output.url)
  return location?.kind === 's3' ? location : undefined
}

async function stateOf(output: JobOutput, store: WorkStore): Promise<ObjectState | undefined> {
  const location = objectOf(output)
  return location && (await store.head(location))
}

/** The user's own conditions stay. */
function guarded(output: JobObject, id: string, found: ObjectState | undefined): JobObject {
  const metadata = { ...output.metadata, [JOB_METADATA]: id }
  const isOurs = found?.metadata[JOB_METADATA] === id
  if (!isOurs && hasCondition(output)) return { ...output, metadata }
  return {
    ...{ ...output, metadata },
    ifMatch: found?.etag,
    ifNoneMatch: found === undefined ? '*' : undefined,
  }
}

function resultOf(job: Job, found: readonly ObjectState[]): JobResult {
  return {
    version: 1,
    inputs: job.inputs.map(({ url, etag, versionId }) => ({
      url,
      ...(etag !== undefined && { etag }),
      ...(versionId !== undefined && { versionId }),
    })),
    outputs: found.map(({ size, etag, versionId }, n) => ({
      ...{ type: 'object', url: (job.outputs[n] as JobObject).url, bytes: size, etag },
      ...(versionId !== undefined && { versionId }),
    })),
  }
}
