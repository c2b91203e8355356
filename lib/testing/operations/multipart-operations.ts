import { compareKeys, newId } from '../store/bucket.js'
import {
  type ChecksumType,
  checkType,
  checksumElement,
  checksumHeader,
  defaultType,
  parseAlgorithm,
} from '../wire/checksum.js'
import { copyRange, copySource } from './copy-object.js'
import { type Answer, xmlAnswer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { checkCustomerKey, customerKeyHeaders, customerKeyOf } from '../wire/customer-key.js'
import { type Taken, takeContent } from './intake.js'
import { echo, listingQuery, OWNER } from './list-objects.js'
import { MAX_PART_NUMBER, MultipartUpload } from '../store/multipart-upload.js'
import { type Marker, pageOf } from './page.js'
import { receiveContent } from './receive-body.js'
import { checkKey } from './put-object.js'
import { headerOf, numberFromQuery, type S3Request } from '../wire/s3-request.js'
import { ServiceError } from '../wire/service-error.js'
import { propertiesOf } from '../store/stored-object.js'

/** The operations of a multipart upload, except its completion. */

const MAX_PARTS_PER_PAGE = 1000

/** The upload named by a request; `NoSuchUpload` if it does not exist. */
export function uploadOf(context: OperationContext): MultipartUpload {
  const uploadId = context.request.query.get('uploadId') ?? ''
  const upload = bucketOf(context).uploads.get(uploadId)
  if (upload?.key === context.request.key) return upload!
  throw new ServiceError('NoSuchUpload', { fields: { UploadId: uploadId } })
}

function partNumberOf(request: S3Request): number {
  const number = numberFromQuery(request, 'partNumber', {
    min: 1,
    max: MAX_PART_NUMBER,
    fallback: undefined,
  })
  if (number === undefined) throw new ServiceError('InvalidArgument', { message: 'partNumber is missing' })
  return number
}

/** Parses `x-amz-checksum-type`. */
export function typeFrom(request: S3Request): ChecksumType | undefined {
  const type = headerOf(request, 'x-amz-checksum-type')?.toUpperCase()
  if (type === undefined || type === 'COMPOSITE' || type === 'FULL_OBJECT') return type
  throw new ServiceError('InvalidRequest', { message: 'Value for x-amz-checksum-type header is invalid.' })
}

/** CreateMultipartUpload. */
export function createMultipartUpload(context: OperationContext): Answer {
  const { request } = context
  const bucket = bucketOf(context)
  const key = keyOf(context)
  checkKey(key)
  const algorithm = parseAlgorithm(headerOf(request, 'x-amz-checksum-algorithm'))
  const checksumType = algorithm && (typeFrom(request) ?? defaultType(algorithm))
  if (algorithm && checksumType) checkType(algorithm, checksumType)
  const uploadId = newId()
  const properties = propertiesOf(request.headers)
  bucket.uploads.set(
    uploadId,
    new MultipartUpload({ uploadId, key, properties, algorithm, checksumType, initiated: new Date() }),
  )
  const answer = xmlAnswer('InitiateMultipartUploadResult', {
    Bucket: bucket.name,
    Key: key,
    UploadId: uploadId,
  })
  const headers: Record<string, string> = {
    ...answer.headers,
    ...customerKeyHeaders(properties.customerKeyMd5),
  }
  if (algorithm) headers['x-amz-checksum-algorithm'] = algorithm
  if (checksumType) headers['x-amz-checksum-type'] = checksumType
  return { ...answer, headers }
}

/** Stores a part, unless its upload ended while the part was received. */
function storePart(context: OperationContext, partNumber: number, taken: Taken): void {
  try {
    const { content, etag, checksum } = taken
    uploadOf(context).store({ partNumber, content, etag, checksum, lastModified: new Date() })
  } catch (error) {
    taken.content.release()
    throw error
  }
}

/** UploadPart. */
export async function uploadPart(context: OperationContext): Promise<Answer> {
  const partNumber = partNumberOf(context.request)
  const upload = uploadOf(context)
  checkCustomerKey(upload.properties.customerKeyMd5, customerKeyOf(context.request.headers))
  // Only parts of a composite checksum must have their own.
  const fallback = upload.checksumType === 'FULL_OBJECT' ? upload.algorithm : undefined
  const taken = await receiveContent(context, fallback)
  if (upload.algorithm && taken.checksum?.algorithm !== upload.algorithm) {
    taken.content.release()
    throw new ServiceError('InvalidRequest', {
      message:
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, ` +
        `actual checksum Type: ${taken.checksum?.algorithm.toLowerCase() ?? 'null'}`,
    })
  }
  storePart(context, partNumber, taken)
  const headers: Record<string, string> = {
    etag: taken.etag,
    ...customerKeyHeaders(upload.properties.customerKeyMd5),
  }
  if (taken.checksum) headers[checksumHeader(taken.checksum.algorithm)] = taken.checksum.value
  return { status: 200, headers }
}

/** UploadPartCopy. */
export async function uploadPartCopy(context: OperationContext): Promise<Answer> {
  const { store, settings } = context
  const partNumber = partNumberOf(context.request)
  const upload = uploadOf(context)
  const source = copySource(context)
  const { start, end } = copyRange(context, source.content.size)
  const options = { etag: settings.etag, algorithm: upload.algorithm }
  const taken = await takeContent(store.contents, options, source.content, start, end)
  storePart(context, partNumber, taken)
  return xmlAnswer('CopyPartResult', {
    LastModified: new Date().toISOString(),
    ETag: taken.etag,
    ...(taken.checksum && { [checksumElement(taken.checksum.algorithm)]: taken.checksum.value }),
  })
}

/** AbortMultipartUpload. */
export function abortMultipartUpload(context: OperationContext): Answer {
  const upload = uploadOf(context)
  bucketOf(context).uploads.delete(upload.uploadId)
  upload.release()
  return { status: 204, headers: {} }
}

/** ListParts. */
export function listParts(context: OperationContext): Answer {
  const { request } = context
  const upload = uploadOf(context)
  const marker = numberFromQuery(request, 'part-number-marker', { min: 0, max: 2 ** 31 - 1, fallback: 0 })
  const asked = numberFromQuery(request, 'max-parts', {
    min: 0,
    max: 2 ** 31 - 1,
    fallback: MAX_PARTS_PER_PAGE,
  })
  const limit = Math.min(asked, MAX_PARTS_PER_PAGE)
  const after = upload.parts.filter(part => part.partNumber > marker)
  const parts = after.slice(0, limit)
  return xmlAnswer('ListPartsResult', {
    Bucket: request.bucket,
    Key: upload.key,
    UploadId: upload.uploadId,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: upload.properties.storageClass,
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.partNumber ?? 0,
    MaxParts: limit,
    IsTruncated: limit > 0 && after.length > limit,
    ChecksumAlgorithm: upload.algorithm,
    ChecksumType: upload.checksumType,
    Part: parts.map(part => ({
      PartNumber: part.partNumber,
      LastModified: part.lastModified.toISOString(),
      ETag: part.etag,
      Size: part.content.size,
      ...(part.checksum && { [checksumElement(part.checksum.algorithm)]: part.checksum.value }),
    })),
  })
}

/** ListMultipartUploads: by key, and oldest first within a key. */
export function listMultipartUploads(context: OperationContext): Answer {
  const { request } = context
  const query = listingQuery(request, 'max-uploads')
  const keyMarker = request.query.get('key-marker') ?? ''
  const idMarker = request.query.get('upload-id-marker') ?? ''
  const after: Marker | undefined =
    keyMarker === '' ? undefined : { name: keyMarker, id: idMarker === '' ? undefined : idMarker }
  const uploads = [...bucketOf(context).uploads.values()].sort(
    (a, b) => compareKeys(a.key, b.key) || compareKeys(a.uploadId, b.uploadId),
  )
  const page = pageOf(uploads, {
    ...query,
    nameOf: upload => upload.key,
    idOf: upload => upload.uploadId,
    after,
  })
  return xmlAnswer('ListMultipartUploadsResult', {
    Bucket: request.bucket,
    ...echo(query),
    KeyMarker: query.encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: page.next && query.encode(page.next.name),
    NextUploadIdMarker: page.next?.id,
    MaxUploads: query.limit,
    IsTruncated: page.isTruncated,
    Upload: page.entries.map(upload => ({
      Key: query.encode(upload.key),
      UploadId: upload.uploadId,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: upload.properties.storageClass,
      Initiated: upload.initiated.toISOString(),
      ChecksumAlgorithm: upload.algorithm,
      ChecksumType: upload.checksumType,
    })),
    CommonPrefixes: page.commonPrefixes.map(name => ({ Prefix: query.encode(name) })),
  })
}
