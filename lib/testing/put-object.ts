import type { Bucket } from './bucket.js'
import { type Checksum, checksumHeader } from './checksum.js'
import { checkWriteConditions } from './conditions.js'
import { type Answer, bucketOf, type Exchange, keyOf } from './exchange.js'
import { receiveContent } from './payload.js'
import { ServiceError } from './service-error.js'
import { propertiesOf, type StoredObject } from './stored-object.js'

/** PutObject, and what all operations that make an object share. */

const MAX_KEY_BYTES = 1024

/** `KeyTooLongError` for a key of more than 1,024 bytes. */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key)
  if (size > MAX_KEY_BYTES) {
    throw new ServiceError('KeyTooLongError', { fields: { Size: size, MaxSizeAllowed: MAX_KEY_BYTES } })
  }
}

/** The headers that tell the maker of an object what it became. */
export function createdHeaders(bucket: Bucket, object: StoredObject): Record<string, string> {
  const headers: Record<string, string> = { etag: object.etag }
  if (bucket.versioning !== undefined) headers['x-amz-version-id'] = object.versionId
  return { ...headers, ...checksumHeaders(object.checksum) }
}

/** The headers that carry a checksum. */
export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (!checksum) return {}
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type }
}

/** PutObject: stored only when all bytes are there and everything said of them holds. */
export async function putObject(exchange: Exchange): Promise<Answer> {
  const { request } = exchange
  const bucket = bucketOf(exchange)
  const key = keyOf(exchange)
  checkKey(key)
  const properties = propertiesOf(request.headers)
  // What can be told before the body is; it is asked again when the object is stored.
  checkWriteConditions(request.headers, bucket.current(key))
  const taken = await receiveContent(exchange)
  const object: StoredObject = {
    ...properties,
    kind: 'object',
    key,
    versionId: bucket.newVersionId(),
    content: taken.content,
    etag: taken.etag,
    lastModified: new Date(),
    checksum: taken.checksum && { ...taken.checksum, type: 'FULL_OBJECT' },
    parts: undefined,
  }
  try {
    checkWriteConditions(request.headers, bucket.current(key))
  } catch (error) {
    taken.content.release()
    throw error
  }
  bucket.store(object)
  return { status: 200, headers: createdHeaders(bucket, object) }
}
