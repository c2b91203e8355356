import { compareKeys, newId } from './bucket.js'
import {
  type Checksum,
  type ChecksumType,
  CHECKSUM_ALGORITHMS,
  checkType,
  checksumElement,
  checksumHeader,
  defaultType,
  parseAlgorithm,
} from './checksum.js'
import { checkWriteConditions } from './conditions.js'
import { checksumFields, copyRange, copySource } from './copy-object.js'
import { type Answer, xmlAnswer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { checkCustomerKey, customerKeyHeaders, customerKeyOf } from './customer-key.js'
import { type Taken, takeContent } from './intake.js'
import { echo, listingQuery, OWNER } from './list-objects.js'
import { MAX_PART_NUMBER, MultipartUpload, type NamedPart } from './multipart-upload.js'
import { type Marker, pageOf } from './page.js'
import { receiveContent, receiveText } from './payload.js'
import { checkKey } from './put-object.js'
import { headerOf, numberFromQuery, type S3Request } from './s3-request.js'
import { ServiceError } from './service-error.js'
import { propertiesOf, type StoredObject } from './stored-object.js'
import { parseXml, type XmlElement } from './xml.js'

/** The operations of a multipart upload. */

/** 10,000 parts with every checksum fit well. */
const MAX_LIST_BYTES = 8 * 1024 ** 2
const MAX_PARTS_PER_PAGE = 1000

function uploadOf(context: OperationContext): MultipartUpload {
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

function typeFrom(request: S3Request): ChecksumType | undefined {
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

/** Stores a part, unless its upload went away while the part was received. */
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
  // Only parts of a composite checksum have to bring their own.
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

function namedPart(element: XmlElement): NamedPart {
  const partNumber = Number(element.textOf('PartNumber') ?? NaN)
  const etag = element.textOf('ETag')
  if (!Number.isInteger(partNumber) || etag === undefined) throw new ServiceError('MalformedXML')
  if (partNumber < 1 || partNumber > MAX_PART_NUMBER) {
    throw new ServiceError('InvalidArgument', {
      message: `PartNumber must be >= 1 and <= ${MAX_PART_NUMBER}`,
      fields: { ArgumentName: 'PartNumber', ArgumentValue: partNumber },
    })
  }
  const checksums = CHECKSUM_ALGORITHMS.map(
    algorithm => [algorithm, element.textOf(checksumElement(algorithm))] as const,
  ).filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined)
  return { partNumber, etag, checksums: new Map(checksums) }
}

/** What the client says of the whole object at Complete. */
function checkWhole(request: S3Request, checksum: Checksum | undefined, size: number): void {
  const promisedSize = headerOf(request, 'x-amz-mp-object-size')
  if (promisedSize !== undefined && Number(promisedSize) !== size) {
    throw new ServiceError('InvalidRequest', {
      message: `The provided 'x-amz-mp-object-size' header value ${promisedSize} does not match what was computed: ${size}`,
    })
  }
  const type = typeFrom(request)
  if (type && checksum && type !== checksum.type) {
    throw new ServiceError('InvalidRequest', {
      message: `The upload was created using the ${checksum.type} checksum mode. The complete request must use the same checksum mode.`,
    })
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const promised = headerOf(request, checksumHeader(algorithm))
    if (promised === undefined || !checksum) continue
    // A composite value may come without its count.
    const isSame =
      algorithm === checksum.algorithm &&
      (promised === checksum.value || promised === checksum.value.replace(/-\d+$/, ''))
    if (isSame) continue
    throw new ServiceError('BadDigest', {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    })
  }
}

function repeatedComplete(context: OperationContext, key: string, parts: string): Answer {
  const uploadId = context.request.query.get('uploadId') ?? ''
  const completed = context.store.completed(uploadId)
  const isSame =
    completed?.bucket === context.request.bucket && completed?.key === key && completed.parts === parts
  if (!isSame) throw new ServiceError('NoSuchUpload', { fields: { UploadId: uploadId } })
  return { status: 200, ...completed.answer }
}

/**
 * CompleteMultipartUpload. All checks and the storing happen in one tick, and the answer begins after that. Asked once
 * more with the same parts, it answers the same again.
 */
export async function completeMultipartUpload(context: OperationContext): Promise<Answer> {
  const { request, store, settings } = context
  const bucket = bucketOf(context)
  const key = keyOf(context)
  const root = parseXml(await receiveText(context, MAX_LIST_BYTES, true))
  if (root.name !== 'CompleteMultipartUpload') throw new ServiceError('MalformedXML')
  const named = root.all('Part').map(namedPart)
  const list = named.map(part => `${part.partNumber}:${part.etag.replaceAll('"', '')}`).join()
  const uploadId = request.query.get('uploadId') ?? ''
  if (!bucket.uploads.has(uploadId)) return repeatedComplete(context, key, list)
  const upload = uploadOf(context)
  const parts = upload.select(named, settings.minPartSize)
  const joined = upload.join(parts)
  checkWhole(request, joined.checksum, joined.content.size)
  checkWriteConditions(request.headers, bucket.current(key))
  const object: StoredObject = {
    ...upload.properties,
    ...joined,
    kind: 'object',
    key,
    versionId: bucket.newVersionId(),
    lastModified: new Date(),
  }
  bucket.store(object)
  bucket.uploads.delete(uploadId)
  upload.release(parts)
  const xml = xmlAnswer('CompleteMultipartUploadResult', {
    Location: `/${bucket.name}/${key}`,
    Bucket: bucket.name,
    Key: key,
    ETag: object.etag,
    ...checksumFields(object.checksum),
  })
  const version: Record<string, string> =
    bucket.versioning === undefined ? {} : { 'x-amz-version-id': object.versionId }
  const answer = { headers: { ...xml.headers, ...version }, body: xml.body as string }
  store.remember(uploadId, { bucket: bucket.name, key, parts: list, answer })
  return { status: 200, ...answer }
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

/** ListMultipartUploads: by key, and for one key the oldest first. */
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
