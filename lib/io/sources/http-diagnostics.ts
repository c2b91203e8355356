import type { RequestFailure, RequestSubject } from '../diagnostics/messages.js'
import { errorCodeOf } from '../diagnostics/error-code.js'
import { StatusError } from './http-errors.js'

/**
 * What a GET is about, for diagnostics.
 *
 * @param source - the URL without its query
 */
export function httpSubject(source: string, byteOffset: number): RequestSubject {
  return {
    protocol: 'http',
    operation: 'GET',
    bucket: undefined,
    key: undefined,
    source,
    uploadId: undefined,
    partNumber: undefined,
    byteOffset,
  }
}

/** How a GET failed, for diagnostics. A refusal has no code besides its status. */
export function httpFailure(error: unknown): RequestFailure {
  if (error instanceof StatusError)
    return { statusCode: error.statusCode, requestId: undefined, errorCode: undefined }
  const { statusCode } = (error ?? {}) as { statusCode?: number }
  return { statusCode, requestId: undefined, errorCode: errorCodeOf(error) }
}
