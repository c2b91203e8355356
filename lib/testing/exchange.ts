import type { Bucket } from './bucket.js'
import type { ByteRange } from '../io/byte-range.js'
import type { Content } from './content.js'
import type { ObjectStore } from './object-store.js'
import type { RequestBody } from './request-body.js'
import { ServiceError } from './service-error.js'
import type { S3Request } from './s3-request.js'
import type { Authentication } from './sigv4.js'

/** What of the server's options an operation looks at. */
export interface ServerSettings {
  readonly region: string
  /** Bytes that every part but the last has to have. */
  readonly minPartSize: number
  /** Whether bodies are checked against their signed hash. */
  readonly verifyPayload: boolean
  readonly etag: 'md5' | 'opaque'
}

/** One request, checked and ready to be performed. */
export interface Exchange {
  readonly request: S3Request
  readonly authentication: Authentication
  readonly body: RequestBody
  readonly store: ObjectStore
  readonly settings: ServerSettings
}

/** A part of a stored content, to be sent as the body. */
export interface ContentSlice extends ByteRange {
  readonly content: Content
}

/** What the server answers. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** XML, or stored bytes; absent for no body. */
  readonly body?: string | ContentSlice
}

/** An operation. Throws a {@link ServiceError} where it fails. */
export type Handler = (exchange: Exchange) => Answer | Promise<Answer>

/** The bucket that the request names; `NoSuchBucket` where there is none. */
export function bucketOf(exchange: Exchange): Bucket {
  return exchange.store.bucket(exchange.request.bucket ?? '')
}

/** The key that the request names. */
export function keyOf(exchange: Exchange): string {
  const { key } = exchange.request
  if (key === undefined) throw new ServiceError('InvalidRequest')
  return key
}
