import { RefusedAddress } from '../addresses/checked-agents.js'
import { isDamagedTls } from '../async/retry.js'
import { isTransientStatus, retryAfterOf } from '../async/transient-errors.js'
import { BrokenBody } from '../fetch/range-body.js'
import { SourceError, type SourceErrorCode, type SourceErrorFields, isError } from '../../errors.js'
import { addressRefused } from './http-allow.js'

/** Classifies a failed HTTP request, and whether it is worth another attempt. */

/** A response with an error status. */
export class StatusError extends Error {
  readonly statusCode: number
  /** The wait requested by the server, in milliseconds. */
  readonly retryAfter: number | undefined

  constructor(statusCode: number, retryAfter: string | undefined) {
    super(`The server answered ${statusCode}`)
    this.name = 'StatusError'
    this.statusCode = statusCode
    this.retryAfter = retryAfterOf(retryAfter)
  }
}

/** An unknown host name stays unknown for the next second, and a bad certificate does not get better. */
const FINAL =
  /^(ENOTFOUND|EPROTO)$|^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|ERR_(?!STREAM_PREMATURE_CLOSE))/

/** Whether the same request may succeed when sent again. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof BrokenBody) return true
  if (error instanceof StatusError) return isTransientStatus(error.statusCode)
  if (error instanceof SourceError || !isError(error) || error.name === 'AbortError') return false
  if (isDamagedTls(error)) return true
  const { code } = error as NodeJS.ErrnoException
  return code !== undefined && !FINAL.test(code)
}

const BY_STATUS: Record<number, SourceErrorCode> = {
  401: 'AVIO_ERR_SOURCE_DENIED',
  403: 'AVIO_ERR_SOURCE_DENIED',
  404: 'AVIO_ERR_SOURCE_NOT_FOUND',
  410: 'AVIO_ERR_SOURCE_NOT_FOUND',
  416: 'AVIO_ERR_SOURCE_RANGE',
}

const REMEDIES: Partial<Record<SourceErrorCode, string>> = {
  AVIO_ERR_SOURCE_NOT_FOUND: 'Check the URL.',
  AVIO_ERR_SOURCE_DENIED:
    'Check the credentials; a presigned URL may have expired, or be valid for another method than GET.',
}

/** Fields of an {@link httpError} besides its cause. */
export type HttpErrorFields = Required<Pick<SourceErrorFields, 'source' | 'byteOffset' | 'attempts'>>

/**
 * The error to show for a request that failed for good.
 *
 * @param maxAttempts - the number of attempts allowed
 */
export function httpError(error: unknown, fields: HttpErrorFields, maxAttempts: number): SourceError {
  if (error instanceof SourceError) return error
  if (error instanceof RefusedAddress) return addressRefused(error, fields)
  const statusCode = error instanceof StatusError ? error.statusCode : undefined
  const code = BY_STATUS[statusCode ?? 0] ?? 'AVIO_ERR_SOURCE_READ'
  const tried = isRetryable(error) ? ` after ${fields.attempts} of ${maxAttempts} attempts` : ''
  const { message, code: name = 'no reason reported' } = error as NodeJS.ErrnoException
  const remedy = REMEDIES[code] === undefined ? '' : ` ${REMEDIES[code]}`
  return new SourceError(
    code,
    `Cannot read from byte ${fields.byteOffset} of ${fields.source}${tried}: ` +
      `${message === '' ? name : message}.${remedy}`,
    { ...fields, statusCode },
    // A status is the server's own answer; a failure on the way may not happen again.
    { cause: error, retryable: statusCode === undefined ? undefined : isRetryable(error) },
  )
}
