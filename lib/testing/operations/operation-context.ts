import type { Bucket } from '../store/bucket.js'
import type { ObjectStore } from '../store/object-store.js'
import type { RequestBody } from '../wire/request-body.js'
import { ServiceError } from '../wire/service-error.js'
import { headerOf, type S3Request } from '../wire/s3-request.js'
import type { Authentication } from '../wire/sigv4.js'

/** What of the server's options an operation looks at. */
export interface ServerSettings {
  readonly region: string
  /** Bytes that every part but the last has to have. */
  readonly minPartSize: number
  /** Whether bodies are checked against their signed hash. */
  readonly verifyPayload: boolean
  readonly etag: 'md5' | 'opaque'
}

/** One request, checked and ready to be performed, and what it is performed on. */
export interface OperationContext {
  readonly request: S3Request
  readonly authentication: Authentication
  readonly body: RequestBody
  readonly store: ObjectStore
  readonly settings: ServerSettings
}

/** The account that owns every bucket. */
export const ACCOUNT_ID = '123456789012'

/**
 * The bucket that the request names: `NoSuchBucket` where there is none, `AccessDenied` where another owner is
 * expected.
 */
export function bucketOf(context: OperationContext): Bucket {
  const expectedOwner = headerOf(context.request, 'x-amz-expected-bucket-owner')
  if (expectedOwner !== undefined && expectedOwner !== ACCOUNT_ID) throw new ServiceError('AccessDenied')
  return context.store.bucket(context.request.bucket ?? '')
}

/** The key that the request names. */
export function keyOf(context: OperationContext): string {
  const { key } = context.request
  if (key === undefined) throw new ServiceError('InvalidRequest')
  return key
}
