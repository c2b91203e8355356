import { type Answer, xmlAnswer } from './answer.js'
import { type Checksum, CHECKSUM_ALGORITHMS, checksumElement, checksumHeader } from '../wire/checksum.js'
import { checkWriteConditions } from './conditions.js'
import { checksumFields } from './copy-object.js'
import { typeFrom, uploadOf } from './multipart-operations.js'
import { MAX_PART_NUMBER, type NamedPart } from '../store/multipart-upload.js'
import { bucketOf, keyOf, type OperationContext } from './operation-context.js'
import { receiveText } from './receive-body.js'
import { headerOf, type S3Request } from '../wire/s3-request.js'
import { ServiceError } from '../wire/service-error.js'
import type { StoredObject } from '../store/stored-object.js'
import { parseXml, type XmlElement } from '../wire/xml.js'

/** CompleteMultipartUpload. */

/** Large enough for 10,000 parts with every checksum. */
const MAX_LIST_BYTES = 8 * 1024 ** 2

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

/** What the client says about the whole object at Complete. */
function checkWhole(request: S3Request, checksum: Checksum | undefined, size: number): void {
  const promisedSize = headerOf(request, 'x-amz-mp-object-size')
  if (promisedSize !== undefined && Number(promisedSize) !== size) {
    throw new ServiceError('InvalidRequest', {
      message:
        `The provided 'x-amz-mp-object-size' header value ${promisedSize} ` +
        `does not match what was computed: ${size}`,
    })
  }
  const type = typeFrom(request)
  if (type && checksum && type !== checksum.type) {
    throw new ServiceError('InvalidRequest', {
      message:
        `The upload was created using the ${checksum.type} checksum mode. ` +
        'The complete request must use the same checksum mode.',
    })
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const promised = headerOf(request, checksumHeader(algorithm))
    if (promised === undefined || !checksum) continue
    // A composite value may lack its count.
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
 * CompleteMultipartUpload. All checks and the store happen in one tick, before the response starts. A repeated request
 * with the same parts gets the same response.
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
    // As S3 does: "the object creation date is the date of initiation of the multipart upload".
    lastModified: upload.initiated,
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
