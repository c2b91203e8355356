import type { IncomingHttpHeaders } from 'node:http'
import type { Checksum, ChecksumAlgorithm } from '../wire/checksum.js'
import type { Content } from './content.js'
import { customerKeyHeaders, customerKeyOf } from '../wire/customer-key.js'
import { ServiceError } from '../wire/service-error.js'

/** What a client says about an object, besides its bytes. */
export interface ObjectProperties {
  /** `content-type`, `cache-control` …: returned with every read. */
  readonly headers: Readonly<Record<string, string>>
  /** `x-amz-meta-…`, by names without that prefix. */
  readonly metadata: Readonly<Record<string, string>>
  /** `STANDARD` unless the client requested another class. */
  readonly storageClass: string
  /** The MD5 (Base64) of the customer's encryption key. */
  readonly customerKeyMd5: string | undefined
}

/** A part of a multipart object. */
export interface ObjectPart {
  /** From 1. */
  readonly partNumber: number
  /** Bytes. */
  readonly size: number
  /** Its own checksum, if it was uploaded with one. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined
}

/** One version of an object. */
export interface StoredObject extends ObjectProperties {
  readonly kind: 'object'
  readonly key: string
  /** `null` (the word) if the bucket was not versioned. */
  readonly versionId: string
  readonly content: Content
  /** With its quotes. */
  readonly etag: string
  readonly lastModified: Date
  readonly checksum: Checksum | undefined
  /** Absent for objects uploaded in one piece. */
  readonly parts: readonly ObjectPart[] | undefined
}

/** The entry that a delete leaves in a versioned bucket. */
export interface DeleteMarker {
  readonly kind: 'delete-marker'
  readonly key: string
  readonly versionId: string
  readonly lastModified: Date
}

/** An entry under a key. */
export type ObjectVersion = StoredObject | DeleteMarker

const CONTENT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const
const META = 'x-amz-meta-'
/** Bytes of names and values together. */
const MAX_METADATA_BYTES = 2048

/** The properties in the headers of a PutObject, CopyObject or CreateMultipartUpload. */
export function propertiesOf(headers: IncomingHttpHeaders): ObjectProperties {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' }
  for (const name of CONTENT_HEADERS) {
    // The framing is not the object's own encoding.
    const value =
      name === 'content-encoding'
        ? headers[name]
            ?.split(',')
            .map(coding => coding.trim())
            .filter(coding => coding !== 'aws-chunked' && coding !== '')
            .join(', ')
        : headers[name]
    if (value !== undefined && value !== '') kept[name] = value
  }
  const metadata = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(META))
      .map(([name, value]) => [name.slice(META.length), String(value)]),
  )
  const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (bytes > MAX_METADATA_BYTES) {
    throw new ServiceError('MetadataTooLarge', {
      fields: { Size: bytes, MaxSizeAllowed: MAX_METADATA_BYTES },
    })
  }
  const storageClass = headers['x-amz-storage-class']
  return {
    headers: kept,
    metadata,
    storageClass: typeof storageClass === 'string' ? storageClass : 'STANDARD',
    customerKeyMd5: customerKeyOf(headers),
  }
}

/** The response headers with an object's properties. */
export function headersOf(properties: ObjectProperties): Record<string, string> {
  const headers: Record<string, string> = {
    ...properties.headers,
    ...customerKeyHeaders(properties.customerKeyMd5),
  }
  for (const [name, value] of Object.entries(properties.metadata)) headers[`${META}${name}`] = value
  // S3 names the storage class only if it is not the default.
  if (properties.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = properties.storageClass
  return headers
}
