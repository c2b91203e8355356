import type { Bucket } from '../store/bucket.js'
import { checksumHeader } from '../wire/checksum.js'
import { checkWriteConditions } from './conditions.js'
import { type Answer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { customerKeyHeaders } from '../wire/customer-key.js'
import type { Taken } from './intake.js'
import { receiveContent } from './receive-body.js'
import { ServiceError } from '../wire/service-error.js'
import { type ObjectProperties, propertiesOf, type StoredObject } from '../store/stored-object.js'

/** PutObject, and the common part of all operations that create an object. */

const MAX_KEY_BYTES = 1024

/** `KeyTooLongError` for a key of more than 1,024 bytes. */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key)
  if (size > MAX_KEY_BYTES) {
    throw new ServiceError('KeyTooLongError', { fields: { Size: size, MaxSizeAllowed: MAX_KEY_BYTES } })
  }
}

/** The response headers that describe a new object. */
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

/** Stores received bytes in one piece if the request's conditions hold; otherwise keeps nothing of them. */
export function storeTaken(
  bucket: Bucket,
  context: OperationContext,
  properties: ObjectProperties,
  { content, etag, checksum }: Taken,
): StoredObject {
  const key = keyOf(context)
  try {
    checkWriteConditions(context.request.headers, bucket.current(key))
  } catch (error) {
    content.release()
    throw error
  }
  const object: StoredObject = {
    ...properties,
    kind: 'object',
    ...{ key, content, etag },
    versionId: bucket.newVersionId(),
    lastModified: new Date(),
    checksum: checksum && { ...checksum, type: 'FULL_OBJECT' },
    parts: undefined,
  }
  bucket.store(object)
  return object
}

/** PutObject: stores the object only once all bytes have arrived and every check has passed. */
export async function putObject(context: OperationContext): Promise<Answer> {
  const { request } = context
  const bucket = bucketOf(context)
  const key = keyOf(context)
  checkKey(key)
  const properties = propertiesOf(request.headers)
  // Conditions can fail before the body arrives; they are checked again when the object is stored.
  checkWriteConditions(request.headers, bucket.current(key))
  const taken = await receiveContent(context)
  const object = storeTaken(bucket, context, properties, taken)
  return { status: 200, headers: createdHeaders(bucket, object) }
}
