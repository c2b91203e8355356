import type { Bucket } from '../store/bucket.js'
import type { ObjectStore } from '../store/object-store.js'
import type { RequestBody } from '../wire/request-body.js'
import { ServiceError } from '../wire/service-error.js'
import { headerOf, type S3Request } from '../wire/s3-request.js'
import type { Authentication } from '../wire/sigv4.js'

/** The server options that operations use. */
export interface ServerSettings {
  readonly region: string
  /** Minimum size of every part except the last, in bytes. */
  readonly minPartSize: number
  /** Whether to check bodies against their signed hash. */
  readonly verifyPayload: boolean
  /** Whether to check bodies against their checksums, or to store these as given. */
  readonly verifyChecksums: boolean
  readonly etag: 'md5' | 'opaque'
}

/** A validated request, and the state to perform it on. */
export interface OperationContext {
  readonly request: S3Request
  readonly authentication: Authentication
  readonly body: Pick<RequestBody, 'consume'>
  readonly store: ObjectStore
  readonly settings: ServerSettings
}

/** The account that owns every bucket. */
export const ACCOUNT_ID = '123456789012'

/**
 * The bucket named by the request: `NoSuchBucket` if there is none, `AccessDenied` if another owner is expected.
 */
export function bucketOf(context: OperationContext): Bucket {
  const expectedOwner = headerOf(context.request, 'x-amz-expected-bucket-owner')
  if (expectedOwner !== undefined && expectedOwner !== ACCOUNT_ID) throw new ServiceError('AccessDenied')
  return context.store.bucket(context.request.bucket ?? '')
}

/** The key named by the request. */
export function keyOf(context: OperationContext): string {
  const { key } = context.request
  if (key === undefined) throw new ServiceError('InvalidRequest')
  return key
}
