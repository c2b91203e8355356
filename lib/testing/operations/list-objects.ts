import { type Answer, xmlAnswer } from './answer.js'
import { bucketOf, type OperationContext } from './operation-context.js'
import { type Marker, pageOf } from './page.js'
import { numberFromQuery, type S3Request } from '../wire/s3-request.js'
import { encodeRfc3986 } from '../wire/sigv4.js'
import { ServiceError } from '../wire/service-error.js'
import type { ObjectVersion, StoredObject } from '../store/stored-object.js'
import type { XmlMap } from '../wire/xml.js'

/** ListObjectsV2, ListObjects and ListObjectVersions. */

const MAX_KEYS = 1000
/** The owner of everything. */
export const OWNER: XmlMap = { ID: 'local-s3', DisplayName: 'local-s3' }

/** Common query parameters of all listings, and their encoding of names. */
export interface ListingQuery {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
  /** Encodes a name as the client requested. */
  readonly encode: (name: string) => string
  readonly encodingType: 'url' | undefined
}

/** Parses the common parameters of all listings. */
export function listingQuery(request: S3Request, limitName: string): ListingQuery {
  const encodingType = request.query.get('encoding-type')
  if (encodingType !== undefined && encodingType !== 'url') {
    throw new ServiceError('InvalidArgument', { message: 'Invalid Encoding Method specified in Request' })
  }
  const limit = numberFromQuery(request, limitName, { min: 0, max: 2 ** 31 - 1, fallback: MAX_KEYS })
  return {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    limit: Math.min(limit, MAX_KEYS),
    encode: name => (encodingType === 'url' ? encodeRfc3986(name).replaceAll('%2F', '/') : name),
    encodingType,
  }
}

/** The elements that repeat the request. */
export function echo(query: ListingQuery): XmlMap {
  return {
    Prefix: query.encode(query.prefix),
    Delimiter: query.delimiter === '' ? undefined : query.encode(query.delimiter),
    EncodingType: query.encodingType,
  }
}

function contents(object: StoredObject, query: ListingQuery, withOwner: boolean): XmlMap {
  return {
    Key: query.encode(object.key),
    LastModified: object.lastModified.toISOString(),
    ETag: object.etag,
    ChecksumAlgorithm: object.checksum?.algorithm,
    ChecksumType: object.checksum?.type,
    Size: object.content.size,
    StorageClass: object.storageClass,
    Owner: withOwner ? OWNER : undefined,
  }
}

function pageOfObjects(context: OperationContext, query: ListingQuery, after: string | undefined) {
  const bucket = bucketOf(context)
  return pageOf(
    bucket.keys.map(key => bucket.current(key)).filter(object => object !== undefined),
    {
      ...query,
      nameOf: object => object.key,
      after: after === undefined ? undefined : { name: after },
    },
  )
}

/** ListObjectsV2. The continuation token is the last name, encoded in Base64. */
export function listObjectsV2(context: OperationContext): Answer {
  const { request } = context
  const query = listingQuery(request, 'max-keys')
  const token = request.query.get('continuation-token')
  const startAfter = request.query.get('start-after')
  const after = token === undefined ? startAfter : Buffer.from(token, 'base64url').toString()
  const page = pageOfObjects(context, query, after)
  const withOwner = request.query.get('fetch-owner') === 'true'
  return xmlAnswer('ListBucketResult', {
    Name: request.bucket,
    ...echo(query),
    KeyCount: page.entries.length + page.commonPrefixes.length,
    MaxKeys: query.limit,
    IsTruncated: page.isTruncated,
    ContinuationToken: token,
    NextContinuationToken: page.next && Buffer.from(page.next.name).toString('base64url'),
    StartAfter: startAfter === undefined ? undefined : query.encode(startAfter),
    Contents: page.entries.map(object => contents(object, query, withOwner)),
    CommonPrefixes: page.commonPrefixes.map(name => ({ Prefix: query.encode(name) })),
  })
}

/** ListObjects, the first version. */
export function listObjects(context: OperationContext): Answer {
  const { request } = context
  const query = listingQuery(request, 'max-keys')
  const marker = request.query.get('marker')
  const page = pageOfObjects(context, query, marker)
  return xmlAnswer('ListBucketResult', {
    Name: request.bucket,
    ...echo(query),
    Marker: query.encode(marker ?? ''),
    MaxKeys: query.limit,
    IsTruncated: page.isTruncated,
    NextMarker: page.next && query.encode(page.next.name),
    Contents: page.entries.map(object => contents(object, query, true)),
    CommonPrefixes: page.commonPrefixes.map(name => ({ Prefix: query.encode(name) })),
  })
}

function markerOf(request: S3Request): Marker | undefined {
  const name = request.query.get('key-marker')
  return name === undefined || name === ''
    ? undefined
    : { name, id: request.query.get('version-id-marker') || undefined }
}

/** ListObjectVersions. */
export function listObjectVersions(context: OperationContext): Answer {
  const { request } = context
  const bucket = bucketOf(context)
  const query = listingQuery(request, 'max-keys')
  const page = pageOf(
    bucket.keys.flatMap(key => bucket.versionsOf(key)),
    {
      ...query,
      nameOf: version => version.key,
      idOf: version => version.versionId,
      after: markerOf(request),
    },
  )
  const common = (version: ObjectVersion): XmlMap => ({
    Key: query.encode(version.key),
    VersionId: version.versionId,
    IsLatest: bucket.latest(version.key) === version,
    LastModified: version.lastModified.toISOString(),
  })
  return xmlAnswer('ListVersionsResult', {
    Name: request.bucket,
    ...echo(query),
    KeyMarker: query.encode(request.query.get('key-marker') ?? ''),
    VersionIdMarker: request.query.get('version-id-marker') ?? '',
    MaxKeys: query.limit,
    IsTruncated: page.isTruncated,
    NextKeyMarker: page.next && query.encode(page.next.name),
    NextVersionIdMarker: page.next?.id,
    Version: page.entries
      .filter(version => version.kind === 'object')
      .map(version => ({
        ...common(version),
        ETag: version.etag,
        Size: version.content.size,
        StorageClass: version.storageClass,
        Owner: OWNER,
      })),
    DeleteMarker: page.entries
      .filter(version => version.kind === 'delete-marker')
      .map(version => ({ ...common(version), Owner: OWNER })),
    CommonPrefixes: page.commonPrefixes.map(name => ({ Prefix: query.encode(name) })),
  })
}
