import { S3Error, type S3ErrorFields } from '../../errors.js'
import { BACKOFF, type RetryOptions } from '../../io/async/retry.js'
import { wasCutShort } from '../request/send-with-timeout.js'
import { type S3Failure, classifyError, s3Error } from '../request/classify-error.js'
import { formatS3Uri } from '../request/s3-location.js'
import { type OnRetry, reportRetry } from '../request/report-retry.js'
import type { UploadTarget } from './upload-commands.js'

/**
 * The meaning of a failed request for an upload.
 *
 * Besides whether a retry is worthwhile, a committing request raises a question of its own: did it take effect? It did
 * not if it never left, or only in part, or if the server refused it. In all other cases (a timeout, a broken
 * connection, most 5xx, a 200 whose body is an error or no response at all) it may have.
 */
export function mayHaveTakenEffect(error: unknown): boolean {
  if (wasCutShort(error)) return false
  const { statusCode, s3Code = '', unsent } = classifyError(error)
  if (statusCode === undefined) return !unsent
  // Older releases of the SDK set the status 400 for a 200 whose body is an error.
  if (s3Code === 'InternalError') return true
  const isRefusal = statusCode >= 300 && statusCode < 500 && statusCode !== 408
  return !isRefusal && !TURNED_AWAY.has(s3Code)
}

/** Codes of 5xx responses to requests that the server did not process. */
const TURNED_AWAY = new Set(['SlowDown', 'RequestLimitExceeded', 'BandwidthLimitExceeded', 'NotImplemented'])

/** Whether the server has responded. */
export function isAnswered(error: unknown): boolean {
  return classifyError(error).statusCode !== undefined
}

/** Whether a request failed because the upload does not exist. */
export function isUploadGone(failure: S3Failure): boolean {
  // Ceph calls it NoSuchKey.
  return failure.statusCode === 404 && failure.code !== 'AVIO_ERR_NO_SUCH_BUCKET'
}

/** Whether a request may have failed because the server does not know one of its headers, such as a checksum. */
export function isForeign(error: unknown): boolean {
  const { statusCode, s3Code = '' } = classifyError(error)
  return statusCode === 501 || /^(NotImplemented|Invalid(Argument|Request))$/.test(s3Code)
}

/** Whether sending the same bytes again may help: corruption in transit is as temporary as a broken connection. */
export function isWorthRepeating(error: unknown): boolean {
  const failure = classifyError(error)
  if (failure.retryable || failure.code === 'AVIO_ERR_CHECKSUM_MISMATCH') return true
  return error instanceof S3Error && error.code === 'AVIO_ERR_CHECKSUM_MISMATCH'
}

/**
 * The retry policy of an upload's requests; it reports each retry.
 *
 * @param onRetry - called before each further attempt
 */
export function patience(maxAttempts: number, signal?: AbortSignal, onRetry?: OnRetry): RetryOptions {
  return {
    ...BACKOFF,
    maxAttempts,
    signal,
    isRetryable: isWorthRepeating,
    retryAfter: error => classifyError(error).retryAfter,
    onRetry: (error, attempt, delayMs) => reportRetry(error, { attempt, maxAttempts, delayMs }, onRetry),
  }
}

/** The error for a failed request of an upload. */
export function uploadError(
  error: unknown,
  target: UploadTarget,
  fields: S3ErrorFields & { operation: string },
  happened: string,
): S3Error {
  if (error instanceof S3Error) return error
  const all = { ...target.location, ...fields }
  const failure = classifyError(error)
  const shown = s3Error(error, 'AVIO_ERR_UPLOAD_FAILED', all, happened, target.maxAttempts)
  const rename = (code: S3Error['code'], more: string, retryable = shown.retryable) =>
    new S3Error(
      code,
      `${shown.message} ${more}`.trim(),
      { ...all, ...known(failure) },
      { cause: error, retryable },
    )
  if (fields.uploadId === undefined && target.request.IfMatch !== undefined && isUploadGone(failure)) {
    // S3 answers NoSuchKey, not a 412, if there is nothing that could match.
    const more = `There is no object that it could replace (IfMatch: ${target.request.IfMatch}).`
    return rename('AVIO_ERR_PRECONDITION_FAILED', more, false)
  }
  if (fields.uploadId !== undefined && isUploadGone(failure)) {
    const more =
      'The multipart upload no longer exists: another client completed or aborted it, or a lifecycle rule of the ' +
      'bucket did.'
    return rename('AVIO_ERR_UPLOAD_FAILED', more, true)
  }
  if (isForeign(error) && target.checksum === 'crc32') {
    return rename(
      shown.code,
      `If this server does not support CRC32, set the option "checksum" to "md5" or "none".`,
    )
  }
  if (failure.s3Code === 'InvalidPart' && target.checksum === 'crc32') {
    // MinIO before 2022 does not support CRC32, and takes the value in a list of parts for another ETag.
    return rename(shown.code, 'If this server is an old MinIO, set the option "checksum" to "md5".')
  }
  return shown
}

function known({ statusCode, s3Code, requestId }: S3Failure): S3ErrorFields {
  return { statusCode, s3Code, requestId }
}

/** The committing request may or may not have taken effect, and the store gave no proof. */
export function unknownOutcome(failure: S3Error, target: UploadTarget, fields: S3ErrorFields): S3Error {
  const message =
    `It is unknown whether ${formatS3Uri(target.location)} was stored: ${failure.message} The state of the store ` +
    'proves neither. Check the object (its ETag, size and time) before writing it again.'
  const { statusCode, s3Code, requestId } = failure
  const all = { ...target.location, ...fields, statusCode, s3Code, requestId }
  return new S3Error('AVIO_ERR_OUTCOME_UNKNOWN', message, all, { cause: failure })
}
