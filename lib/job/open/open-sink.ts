import type { Writable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { FileWritable } from '../../io/file/file-writable.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import type { CommitSet } from '../../s3/commit/commit-set.js'
import type { UploadRequest } from '../../s3/upload/upload-request-option.js'
import { DirectoryStorage } from '../../hls/storage/directory-storage.js'
import { CommittingStorage } from '../../hls/storage/committing-storage.js'
import { S3Storage } from '../../hls/storage/s3-storage.js'
import type { SegmentStorage } from '../../hls/storage/segment-storage.js'
import type { JobObject } from '../schema/job.js'
import type { Location } from '../schema/location.js'

/** Settings for opening outputs. */
export interface SinkSettings {
  readonly client: S3Client | undefined
  readonly stdout: Writable | undefined
  readonly signal: AbortSignal
}

/** Properties of a stored object. */
export type StoredAs = Pick<
  JobObject,
  | 'cacheControl'
  | 'contentDisposition'
  | 'contentLanguage'
  | 'contentType'
  | 'ifMatch'
  | 'ifNoneMatch'
  | 'kmsKeyId'
  | 'metadata'
  | 'serverSideEncryption'
  | 'storageClass'
  | 'tags'
>

/** Opens a sink for one object. Every sink except standard output can wait before its commit. */
export function openSink(
  location: Location,
  as: StoredAs,
  { client, stdout, signal }: SinkSettings,
): Writable {
  if (location.kind === 'stdio') return stdout!
  if (location.kind === 'file') {
    const overwrite = as.ifNoneMatch === undefined
    return reportingByResult(new FileWritable({ path: location.path, overwrite, signal }))
  }
  const { bucket, key } = location as { bucket: string; key: string }
  const { contentType, metadata, ifNoneMatch } = as
  return reportingByResult(
    new S3MultipartWritable({
      ...{ client, bucket, key, contentType, metadata, ifNoneMatch, signal },
      request: requestOf(as),
    }),
  )
}

/**
 * A sink whose errors are reported by its `result`. If the job fails before the sink is in a pipeline, nobody else
 * listens, and its abort would be an uncaught exception: a bad job must not end the process.
 */
export function reportingByResult<Sink extends Writable>(sink: Sink): Sink {
  return sink.on('error', () => undefined)
}

/** Objects of a storage in S3 that are committed together. */
export interface Commit {
  readonly set: CommitSet
  /** Their names; `undefined` for all in the storage. */
  readonly members?: readonly string[] | undefined
}

/**
 * Opens a storage for several objects: segments, playlists, images.
 *
 * @param commit - the objects that replace only what the job has found when it began
 */
export function openStorage(
  location: Location,
  as: StoredAs,
  client: S3Client | undefined,
  commit?: Commit,
): SegmentStorage {
  if (location.kind === 'file') return new DirectoryStorage({ path: location.path })
  const { bucket, key } = location as { bucket: string; key: string }
  const options = { client, bucket, prefix: key, request: requestOf(as) }
  if (commit === undefined) return new S3Storage(options)
  return new CommittingStorage(options, commit.set, commit.members)
}

/** The properties as members of the SDK's input. */
export function requestOf(as: StoredAs): UploadRequest {
  const request: UploadRequest = {
    CacheControl: as.cacheControl,
    ContentDisposition: as.contentDisposition,
    ContentLanguage: as.contentLanguage,
    IfMatch: as.ifMatch,
    SSEKMSKeyId: as.kmsKeyId,
    ServerSideEncryption: as.serverSideEncryption,
    StorageClass: as.storageClass as UploadRequest['StorageClass'],
    Tagging: as.tags && new URLSearchParams(as.tags).toString(),
  }
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined))
}
