import type { ByteRange } from '../../io/byte-range.js'
import { type Checksum, checksumElement, parseAlgorithm } from '../wire/checksum.js'
import { checkCopyConditions } from './conditions.js'
import { type Answer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { checkCustomerKey, customerKeyOf } from '../wire/customer-key.js'
import { takeContent } from './intake.js'
import { checkKey, storeTaken } from './put-object.js'
import { headerOf } from '../wire/s3-request.js'
import { ServiceError } from '../wire/service-error.js'
import { propertiesOf, type StoredObject } from '../store/stored-object.js'
import { type XmlMap, xmlDocument } from '../wire/xml.js'

/** CopyObject, and the source of UploadPartCopy. */

/** The object in `x-amz-copy-source`, after its conditions are checked. */
export function copySource(context: OperationContext): StoredObject {
  const header = headerOf(context.request, 'x-amz-copy-source') ?? ''
  const [path = '', query = ''] = header.split('?')
  let name: string
  try {
    name = decodeURIComponent(path).replace(/^\//, '')
  } catch {
    throw new ServiceError('InvalidArgument', { message: 'Copy Source must be URL-encoded' })
  }
  const slash = name.indexOf('/')
  if (slash < 1) {
    throw new ServiceError('InvalidArgument', {
      message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    })
  }
  const versionId = /^versionId=(.+)$/.exec(query)?.[1]
  const source = context.store.bucket(name.slice(0, slash)).find(name.slice(slash + 1), versionId)
  const given = customerKeyOf(context.request.headers, 'x-amz-copy-source-')
  checkCustomerKey(source.customerKeyMd5, given)
  checkCopyConditions(context.request.headers, source)
  return source
}

/** The bytes in `x-amz-copy-source-range`: unlike `Range` it must be inside the source. */
export function copyRange(context: OperationContext, size: number): ByteRange {
  const header = headerOf(context.request, 'x-amz-copy-source-range')
  if (header === undefined) return { start: 0, end: size }
  const match = /^bytes=(\d+)-(\d+)$/.exec(header)
  if (!match) {
    throw new ServiceError('InvalidArgument', {
      message: 'The x-amz-copy-source-range value must be of the form bytes=first-last',
    })
  }
  const range = { start: Number(match[1]), end: Number(match[2]) + 1 }
  if (range.start < range.end && range.end <= size) return range
  throw new ServiceError('InvalidArgument', {
    message: `Range specified is not valid for source object of size: ${size}`,
  })
}

/** The elements with checksums in copy responses. */
export function checksumFields(checksum: Checksum | undefined): XmlMap {
  if (!checksum) return {}
  return { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type }
}

/** CopyObject. The copy has its own entity tag: the MD5 of its bytes, whatever the source's. */
export async function copyObject(context: OperationContext): Promise<Answer> {
  const { request, store, settings } = context
  const bucket = bucketOf(context)
  const key = keyOf(context)
  checkKey(key)
  const source = copySource(context)
  const directive = headerOf(request, 'x-amz-metadata-directive') ?? 'COPY'
  const isOntoItself = bucket.current(key) === source
  if (directive === 'COPY' && isOntoItself && headerOf(request, 'x-amz-storage-class') === undefined) {
    throw new ServiceError('InvalidRequest', {
      message:
        'This copy request is illegal because it is trying to copy an object to itself without changing the ' +
        "object's metadata, storage class, website redirect location or encryption attributes.",
    })
  }
  const given = propertiesOf(request.headers)
  const algorithm =
    parseAlgorithm(headerOf(request, 'x-amz-checksum-algorithm')) ?? source.checksum?.algorithm
  const taken = await takeContent(store.contents, { etag: settings.etag, algorithm }, source.content)
  const kept = directive === 'COPY' ? { headers: source.headers, metadata: source.metadata } : {}
  const object = storeTaken(bucket, context, { ...given, ...kept }, taken)
  const headers: Record<string, string> = { 'content-type': 'application/xml' }
  if (bucket.versioning !== undefined) headers['x-amz-version-id'] = object.versionId
  const body = xmlDocument('CopyObjectResult', {
    LastModified: object.lastModified.toISOString(),
    ETag: object.etag,
    ...checksumFields(object.checksum),
  })
  return { status: 200, headers, body }
}
