import { type Answer, xmlAnswer } from './answer.js'
import { checksumElement } from '../wire/checksum.js'
import { checksumFields } from './copy-object.js'
import { checkCustomerKey, customerKeyOf } from '../wire/customer-key.js'
import { bucketOf, keyOf, type OperationContext } from './operation-context.js'
import { headerOf, type S3Request } from '../wire/s3-request.js'
import { ServiceError } from '../wire/service-error.js'
import type { StoredObject } from '../store/stored-object.js'
import type { XmlMap } from '../wire/xml.js'

/**
 * GetObjectAttributes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
 */

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']
const MAX_PARTS_PER_PAGE = 1000

/** The requested attributes: names separated by commas. */
function attributesOf(request: S3Request): ReadonlySet<string> {
  const names = (headerOf(request, 'x-amz-object-attributes') ?? '').split(',').map(name => name.trim())
  const wrong = names.find(name => !ATTRIBUTES.includes(name))
  if (wrong === undefined) return new Set(names)
  throw new ServiceError('InvalidArgument', {
    message: 'Invalid attribute name specified.',
    fields: { ArgumentName: 'x-amz-object-attributes', ArgumentValue: wrong },
  })
}

function numberOf(request: S3Request, header: string, fallback: number): number {
  const text = headerOf(request, header)
  const value = text === undefined ? fallback : Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new ServiceError('InvalidArgument', { fields: { ArgumentName: header, ArgumentValue: text ?? '' } })
}

/** One page of the parts; S3 lists them only if they were uploaded with additional checksums. */
function partsOf(request: S3Request, { parts, checksum }: StoredObject): XmlMap | undefined {
  const marker = numberOf(request, 'x-amz-part-number-marker', 0)
  const asked = numberOf(request, 'x-amz-max-parts', MAX_PARTS_PER_PAGE)
  if (parts === undefined) return undefined
  const count: XmlMap = { PartsCount: parts.length }
  if (checksum === undefined) return count
  const limit = Math.min(asked, MAX_PARTS_PER_PAGE)
  const after = parts.filter(part => part.partNumber > marker)
  const page = after.slice(0, limit)
  return {
    ...count,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    MaxParts: limit,
    IsTruncated: after.length > page.length,
    Part: page.map(({ partNumber, size, checksum: own }) => ({
      PartNumber: partNumber,
      Size: size,
      ...(own && { [checksumElement(own.algorithm)]: own.value }),
    })),
  }
}

/** An object's properties, without its bytes. */
export function getObjectAttributes(context: OperationContext): Answer {
  const { request } = context
  const bucket = bucketOf(context)
  const object = bucket.find(keyOf(context), request.query.get('versionId'))
  checkCustomerKey(object.customerKeyMd5, customerKeyOf(request.headers))
  const asked = attributesOf(request)
  const xml = xmlAnswer('GetObjectAttributesResponse', {
    ETag: asked.has('ETag') ? object.etag.replaceAll('"', '') : undefined,
    Checksum: asked.has('Checksum') && object.checksum ? checksumFields(object.checksum) : undefined,
    ObjectParts: asked.has('ObjectParts') ? partsOf(request, object) : undefined,
    StorageClass: asked.has('StorageClass') ? object.storageClass : undefined,
    ObjectSize: asked.has('ObjectSize') ? object.content.size : undefined,
  })
  const version: Record<string, string> =
    bucket.versioning === undefined ? {} : { 'x-amz-version-id': object.versionId }
  return {
    ...xml,
    headers: { ...xml.headers, 'last-modified': object.lastModified.toUTCString(), ...version },
  }
}
