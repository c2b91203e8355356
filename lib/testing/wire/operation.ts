/**
 * The operation of a request: S3 distinguishes operations by method, by the target of the path (the service, a bucket,
 * an object), by a sub-resource in the query, and for copies by a header.
 */

/** An operation of the server, by S3's own name. */
export type S3Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'GetBucketLocation'
  | 'GetBucketVersioning'
  | 'PutBucketVersioning'
  | 'ListObjectsV2'
  | 'ListObjects'
  | 'ListObjectVersions'
  | 'GetObject'
  | 'HeadObject'
  | 'GetObjectAttributes'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'DeleteObjects'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListParts'
  | 'ListMultipartUploads'

type Target = 'service' | 'bucket' | 'object'

interface Route {
  readonly method: string
  readonly target: Target
  /** Names required in the query. */
  readonly query?: readonly string[]
  /** A required header. */
  readonly header?: string
}

// The first matching route counts: the more specific ones come first.
const ROUTES: Readonly<Record<S3Operation, Route>> = {
  ListBuckets: { method: 'GET', target: 'service' },

  GetBucketLocation: { method: 'GET', target: 'bucket', query: ['location'] },
  GetBucketVersioning: { method: 'GET', target: 'bucket', query: ['versioning'] },
  PutBucketVersioning: { method: 'PUT', target: 'bucket', query: ['versioning'] },
  ListMultipartUploads: { method: 'GET', target: 'bucket', query: ['uploads'] },
  ListObjectVersions: { method: 'GET', target: 'bucket', query: ['versions'] },
  ListObjectsV2: { method: 'GET', target: 'bucket', query: ['list-type'] },
  ListObjects: { method: 'GET', target: 'bucket' },
  DeleteObjects: { method: 'POST', target: 'bucket', query: ['delete'] },
  CreateBucket: { method: 'PUT', target: 'bucket' },
  HeadBucket: { method: 'HEAD', target: 'bucket' },
  DeleteBucket: { method: 'DELETE', target: 'bucket' },

  CreateMultipartUpload: { method: 'POST', target: 'object', query: ['uploads'] },
  CompleteMultipartUpload: { method: 'POST', target: 'object', query: ['uploadId'] },
  AbortMultipartUpload: { method: 'DELETE', target: 'object', query: ['uploadId'] },
  ListParts: { method: 'GET', target: 'object', query: ['uploadId'] },
  UploadPartCopy: {
    method: 'PUT',
    target: 'object',
    query: ['uploadId', 'partNumber'],
    header: 'x-amz-copy-source',
  },
  UploadPart: { method: 'PUT', target: 'object', query: ['uploadId', 'partNumber'] },
  CopyObject: { method: 'PUT', target: 'object', header: 'x-amz-copy-source' },
  PutObject: { method: 'PUT', target: 'object' },
  GetObjectAttributes: { method: 'GET', target: 'object', query: ['attributes'] },
  GetObject: { method: 'GET', target: 'object' },
  HeadObject: { method: 'HEAD', target: 'object' },
  DeleteObject: { method: 'DELETE', target: 'object' },
}

/** All operations. */
export const S3_OPERATIONS = Object.keys(ROUTES) as readonly S3Operation[]

// Never treat a sub-resource as the object itself: PUT /bucket/key?acl would overwrite it.
const SUB_RESOURCES = new Set(
  (
    'accelerate acl analytics attributes cors encryption intelligent-tiering inventory legal-hold lifecycle ' +
    'location logging metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock ' +
    'renameObject replication requestPayment restore retention select tagging torrent uploads versioning versions ' +
    'website delete uploadId'
  ).split(' '),
)

/** The operation, or `undefined` if the server does not implement it. */
export function operationOf(request: {
  readonly method: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly query: ReadonlyMap<string, string>
  readonly headers: Readonly<Record<string, unknown>>
}): S3Operation | undefined {
  const target: Target =
    request.bucket === undefined ? 'service' : request.key === undefined ? 'bucket' : 'object'
  for (const [operation, route] of Object.entries(ROUTES) as [S3Operation, Route][]) {
    if (route.method !== request.method || route.target !== target) continue
    if (route.header !== undefined && request.headers[route.header] === undefined) continue
    if (route.query?.every(name => request.query.has(name)) === false) continue
    const others = [...request.query.keys()].filter(name => !(route.query ?? []).includes(name))
    return others.some(name => SUB_RESOURCES.has(name)) ? undefined : operation
  }
  return undefined
}
