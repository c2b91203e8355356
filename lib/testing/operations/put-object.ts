import type { Bucket } from '../store/bucket.js'
import { checksumHeader } from '../wire/checksum.js'
import { checkWriteConditions } from './conditions.js'
import { type Answer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { customerKeyHeaders } from '../wire/customer-key.js'
import { receiveContent } from './payload.js'
import { ServiceError } from '../wire/service-error.js'
import { propertiesOf, type StoredObject } from '../store/stored-object.js'

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
function createdHeaders(bucket: Bucket, object: StoredObject): Record<string, string> {
  const headers: Record<string, string> = { etag: object.etag }
  if (bucket.versioning !== undefined) headers['x-amz-version-id'] = object.versionId
  const { checksum } = object
  if (checksum) {
    headers[checksumHeader(checksum.algorithm)] = checksum.value
    headers['x-amz-checksum-type'] = checksum.type
  }
  return { ...headers, ...customerKeyHeaders(object.customerKeyMd5) }
}

/** PutObject: stored only when all bytes are there and everything said of them holds. */
export async function putObject(context: OperationContext): Promise<Answer> {
  const { request } = context
  const bucket = bucketOf(context)
  const key = keyOf(context)
  checkKey(key)
  const properties = propertiesOf(request.headers)
  // What can be told before the body is; it is asked again when the object is stored.
  checkWriteConditions(request.headers, bucket.current(key))
  const taken = await receiveContent(context)
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
