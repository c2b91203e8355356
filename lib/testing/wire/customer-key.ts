import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ServiceError } from './service-error.js'

/**
 * Server-side encryption with customer keys (SSE-C). Nothing is encrypted here; but an object written with a key must
 * be read with the same key, and every part must name it, which exposes clients that forget it somewhere.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */

const PREFIX = 'server-side-encryption-customer-'

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidArgument', { message })
}

/**
 * The MD5 (Base64) of the key named by a request; `undefined` if it names none.
 *
 * @param of - `x-amz-`, or `x-amz-copy-source-` for the key of a copy's source
 */
export function customerKeyOf(headers: IncomingHttpHeaders, of = 'x-amz-'): string | undefined {
  const algorithm = headers[`${of}${PREFIX}algorithm`]
  const key = headers[`${of}${PREFIX}key`]
  const md5 = headers[`${of}${PREFIX}key-md5`]
  if (algorithm === undefined && key === undefined && md5 === undefined) return undefined
  if (algorithm !== 'AES256')
    throw invalid('The encryption request you specified is not valid. Supported value: AES256.')
  const bytes = Buffer.from(String(key), 'base64')
  if (bytes.length !== 32) throw invalid('The secret key was invalid for the specified algorithm.')
  const computed = createHash('md5').update(bytes).digest('base64')
  if (computed === md5) return computed
  throw invalid('The calculated MD5 hash of the key did not match the hash that was provided.')
}

/** Checks that a request names the key of an object. */
export function checkCustomerKey(written: string | undefined, given: string | undefined): void {
  if (written === given) return
  if (written === undefined) {
    throw new ServiceError('InvalidRequest', {
      message: 'The encryption parameters are not applicable to this object.',
    })
  }
  if (given !== undefined) throw new ServiceError('AccessDenied')
  throw new ServiceError('InvalidRequest', {
    message:
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to ' +
      'retrieve the object.',
  })
}

/** The headers that identify the key of an object. */
export function customerKeyHeaders(md5: string | undefined): Record<string, string> {
  if (md5 === undefined) return {}
  return { [`x-amz-${PREFIX}algorithm`]: 'AES256', [`x-amz-${PREFIX}key-md5`]: md5 }
}
