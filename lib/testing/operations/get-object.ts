import type { ByteRange } from '../../io/byte-range.js'
import { checksumHeader } from '../wire/checksum.js'
import { SyntheticContent } from '../store/content.js'
import { checkReadConditions, matchesEtag } from './conditions.js'
import { type Answer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { checkCustomerKey, customerKeyOf } from '../wire/customer-key.js'
import { MAX_PART_NUMBER } from '../store/multipart-upload.js'
import { parseRange } from '../wire/range-header.js'
import { headerOf, numberFromQuery, type S3Request } from '../wire/s3-request.js'
import { ServiceError } from '../wire/service-error.js'
import { headersOf, type StoredObject } from '../store/stored-object.js'

/** GetObject and HeadObject. */

const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]

const ARCHIVED = ['GLACIER', 'DEEP_ARCHIVE']

interface Selection extends ByteRange {
  /** Whether the response is a 206 even if it holds every byte. */
  readonly isPartial: boolean
  readonly partsCount?: number
}

/** The range of `?partNumber`. */
function selectPart(object: StoredObject, partNumber: number): Selection {
  const parts = object.parts ?? [{ partNumber: 1, size: object.content.size }]
  const index = parts.findIndex(part => part.partNumber === partNumber)
  if (index < 0) {
    throw new ServiceError('InvalidPartNumber', {
      fields: { ActualPartCount: parts.length, PartNumberRequested: partNumber },
    })
  }
  const start = parts.slice(0, index).reduce((sum, part) => sum + part.size, 0)
  const range = { start, end: start + parts[index]!.size, isPartial: object.content.size > 0 }
  return object.parts ? { ...range, partsCount: parts.length } : range
}

function select(request: S3Request, object: StoredObject): Selection {
  const { size } = object.content
  const partNumber = numberFromQuery(request, 'partNumber', {
    min: 1,
    max: MAX_PART_NUMBER,
    fallback: undefined,
  })
  const header = headerOf(request, 'range')
  if (partNumber !== undefined) {
    if (header !== undefined) {
      throw new ServiceError('InvalidRequest', {
        message: 'Cannot specify both Range header and partNumber query parameter',
      })
    }
    return selectPart(object, partNumber)
  }
  const ifRange = headerOf(request, 'if-range')
  const isStale = ifRange !== undefined && !matchesEtag(ifRange, object.etag)
  const range = isStale ? undefined : parseRange(header, size)
  if (range === 'unsatisfiable') {
    throw new ServiceError('InvalidRange', {
      fields: { RangeRequested: header ?? '', ActualObjectSize: size },
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  return range ? { ...range, isPartial: true } : { start: 0, end: size, isPartial: false }
}

function overrides(request: S3Request): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of OVERRIDES) {
    const value = request.query.get(`response-${name}`)
    if (value !== undefined) headers[name] = value
  }
  return headers
}

/** The headers that describe an object, also sent for HEAD. */
function describe(
  context: OperationContext,
  object: StoredObject,
  selection: Selection,
): Record<string, string> {
  const { size } = object.content
  const headers: Record<string, string> = {
    ...headersOf(object),
    ...overrides(context.request),
    'accept-ranges': 'bytes',
    etag: object.etag,
    'last-modified': object.lastModified.toUTCString(),
    'content-length': String(selection.end - selection.start),
  }
  // With random entity tags, S3 gives the reason.
  if (context.settings.etag === 'opaque' || object.content instanceof SyntheticContent) {
    headers['x-amz-server-side-encryption'] = 'aws:kms'
  }
  if (bucketOf(context).versioning !== undefined) headers['x-amz-version-id'] = object.versionId
  if (selection.isPartial) {
    headers['content-range'] = `bytes ${selection.start}-${selection.end - 1}/${size}`
  }
  if (selection.partsCount !== undefined) headers['x-amz-mp-parts-count'] = String(selection.partsCount)
  const isWhole = selection.start === 0 && selection.end === size
  const wantsChecksum = headerOf(context.request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
  if (object.checksum && wantsChecksum && isWhole) {
    headers[checksumHeader(object.checksum.algorithm)] = object.checksum.value
    headers['x-amz-checksum-type'] = object.checksum.type
  }
  return headers
}

/** GET and HEAD of an object: the same response, but HEAD's body is never sent. */
export function getObject(context: OperationContext): Answer {
  const { request } = context
  const object = bucketOf(context).find(keyOf(context), request.query.get('versionId'))
  checkCustomerKey(object.customerKeyMd5, customerKeyOf(request.headers))
  checkReadConditions(request.headers, object)
  if (request.method === 'GET' && ARCHIVED.includes(object.storageClass)) {
    throw new ServiceError('InvalidObjectState', { fields: { StorageClass: object.storageClass } })
  }
  const selection = select(request, object)
  return {
    status: selection.isPartial ? 206 : 200,
    headers: describe(context, object, selection),
    body: {
      content: object.content,
      start: selection.start,
      end: selection.end,
      letGo: object.content.hold(),
    },
  }
}
