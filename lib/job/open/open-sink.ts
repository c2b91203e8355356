import type { Writable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { FileWritable } from '../../io/file/file-writable.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import type { UploadRequest } from '../../s3/upload/upload-request-option.js'
import { DirectoryStorage } from '../../hls/storage/directory-storage.js'
import { S3Storage } from '../../hls/storage/s3-storage.js'
import type { SegmentStorage } from '../../hls/storage/segment-storage.js'
import type { JobObject } from '../schema/job.js'
import type { Location } from '../schema/location.js'

/** What the outputs of a job are opened with. */
export interface SinkSettings {
  readonly client: S3Client | undefined
  readonly stdout: Writable | undefined
  readonly signal: AbortSignal
}

/** What a job says of an object besides its content. */
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

/** Opens a sink for one object. Every sink but standard output can wait before its commit. */
export function openSink(
  location: Location,
  as: StoredAs,
  { client, stdout, signal }: SinkSettings,
): Writable {
  if (location.kind === 'stdio') return stdout!
  if (location.kind === 'file') {
    return new FileWritable({ path: location.path, overwrite: as.ifNoneMatch === undefined, signal })
  }
  const { bucket, key } = location as { bucket: string; key: string }
  const { contentType, metadata, ifNoneMatch } = as
  return new S3MultipartWritable({
    ...{ client, bucket, key, contentType, metadata, ifNoneMatch, signal },
    request: requestOf(as),
  })
}

/** Opens the place of several objects: segments, playlists, pictures. */
export function openStorage(location: Location, as: StoredAs, client: S3Client | undefined): SegmentStorage {
  if (location.kind === 'file') return new DirectoryStorage({ path: location.path })
  const { bucket, key } = location as { bucket: string; key: string }
  return new S3Storage({ client, bucket, prefix: key, request: requestOf(as) })
}

/** The members of the SDK's input that a job names. */
function requestOf(as: StoredAs): UploadRequest {
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
