import { randomUUID } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { PACKAGE_METADATA } from '../../hls/storage/committing-storage.js'
import { CommitSet, type Replaced } from '../../s3/commit/commit-set.js'
import { type ObjectState, headObject } from '../../s3/commit/head-object.js'
import { objectExists } from '../../s3/commit/write-condition.js'
import { type S3Location, formatS3Uri } from '../../s3/request/s3-location.js'
import type { JobOutput } from '../schema/job.js'
import { parseLocation, parsePrefix } from '../schema/location.js'
import { distinctBytes } from './distinct-bytes.js'
import { firstThumbnail } from './images.js'

/** The metadata key for the identity of a job, by which a late or second run recognizes its own objects. */
export const JOB_METADATA = 'avio-job'

/** The metadata key for the run of a job that stored an object. */
const RUN_METADATA = 'avio-run'

/** What a run of a job replaces, of an output that is not an object of ffmpeg's. */
export interface CommitTarget {
  readonly bucket: string
  /** What precedes the names. */
  readonly prefix: string
  /**
   * The object that decides which of several runs has stored the output, and is stored first: the multivariant playlist
   * of a package, the index of a storyboard, the first thumbnail, a report.
   */
  readonly decision: string
  /** The other names that are fixed before the run. */
  readonly others: readonly string[]
}

/** What queues know of a job. */
export interface CommitTerms {
  /** The identity of the job, which its objects carry. */
  readonly id: string
  /**
   * The ETags that its outputs may replace, by the objects that decide; `null` if there was none, and for outputs
   * without such an object.
   */
  readonly replaces: readonly (string | null)[]
}

/** What the commit of an output replaces; `undefined` for one outside S3, and for an object, which has conditions. */
export function commitTarget(output: JobOutput): CommitTarget | undefined {
  if (output.type === 'object') return undefined
  const place =
    'prefix' in output
      ? parsePrefix(output.prefix)
      : output.url === undefined
        ? undefined
        : parseLocation(output.url)
  if (place?.kind !== 's3') return undefined
  const { bucket, key: prefix } = place
  switch (output.type) {
    case 'package': {
      const { playlist = 'main.m3u8', mpd } = output
      return { bucket, prefix, decision: playlist, others: mpd === undefined ? [] : [mpd] }
    }
    case 'thumbnails':
      return { bucket, prefix, decision: firstThumbnail(output.format), others: [] }
    case 'storyboard':
      return { bucket, prefix, decision: 'storyboard.vtt', others: [] }
    case 'probe':
      return { bucket, prefix, decision: '', others: [] }
  }
}

/** The object that decides. */
export function decisionOf({ bucket, prefix, decision }: CommitTarget): S3Location {
  return { bucket, key: prefix + decision }
}

/** Settings of {@link openCommitSet}. */
export interface CommitSetting {
  readonly signal?: AbortSignal | undefined
  /** The identity of the job, from a queue. */
  readonly id?: string | undefined
  /** The ETag that the object that decides may replace, `null` for none, from a queue. @defaultValue what is there */
  readonly replaces?: string | null | undefined
  /** Nothing may be replaced but what this very job has stored. */
  readonly ifNoneMatch?: '*' | undefined
}

/**
 * Looks at what a run will replace, and returns its objects. If the credentials do not permit to look (HEAD), the
 * object is replaced whatever it is, or, with `ifNoneMatch`, only stored if there is none.
 *
 * @throws `S3Error` `AVIO_ERR_PRECONDITION_FAILED` with `ifNoneMatch`, for a name that has an object
 */
export async function openCommitSet(
  target: CommitTarget,
  client: S3Client,
  { signal, id, replaces, ifNoneMatch }: CommitSetting = {},
): Promise<CommitSet> {
  const { bucket, prefix, decision, others } = target
  const mayReplace = ifNoneMatch && ((found: ObjectState) => isOfJob(found, id))
  const pins = new Map<string, Replaced | undefined>()
  const look = async (name: string) => {
    const location = { bucket, key: prefix + name }
    try {
      const found = await headObject(client, location, { signal })
      if (found !== undefined && mayReplace?.(found) === false) throw objectExists(location, found.etag)
      pins.set(name, replacedBy(found))
    } catch (error) {
      if (!(error instanceof S3Error) || error.code !== 'AVIO_ERR_ACCESS_DENIED') throw error
      if (ifNoneMatch !== undefined) pins.set(name, undefined)
    }
  }
  await Promise.all([decision, ...others].map(look))
  if (replaces !== undefined && replaces !== (pins.get(decision)?.etag ?? null))
    pins.set(decision, replaces === null ? undefined : { etag: replaces })
  const run = randomUUID()
  return new CommitSet({
    ...{ client, bucket, prefix, decision, replaces: pins },
    mark: { name: RUN_METADATA, value: run },
    distinct: bytes => distinctBytes(bytes, run),
    ...(id !== undefined && {
      metadata: { [JOB_METADATA]: id },
      isOfSameWork: (found: ObjectState) => isOfJob(found, id),
    }),
    ...{ kind: PACKAGE_METADATA, mayReplace },
    changed: (location, _, found) =>
      ifNoneMatch !== undefined && found !== undefined
        ? objectExists(location, found.etag)
        : newerObject(location),
  })
}

/** Whether an earlier or another run of this job has stored an object; of a job without an identity, none has. */
export function isOfJob(found: ObjectState | undefined, id: string | undefined): boolean {
  return id !== undefined && found?.metadata[JOB_METADATA] === id
}

function replacedBy(found: ObjectState | undefined): Replaced | undefined {
  return found && { etag: found.etag, mark: found.metadata[RUN_METADATA] ?? null }
}

/** The error for an object that something else has stored since the job began. */
export function newerObject(location: S3Location, cause?: unknown): S3Error {
  return new S3Error(
    'AVIO_ERR_PRECONDITION_FAILED',
    `${formatS3Uri(location)} has changed since this job began: a newer job has written it. This one leaves it ` +
      'alone; to replace it, run this job again.',
    { ...location },
    { cause },
  )
}
