import { AvioError, S3Error, type S3ErrorCode, type S3ErrorFields, isError } from '../../errors.js'
import { isDamagedTls } from '../../io/async/retry.js'
import { isTransientStatus, retryAfterOf } from '../../io/async/transient-errors.js'
import { type NetworkFailure, networkFailure } from './network-errors.js'
import { type RawError, isRegionMissing, isStoreFull, pathStyleRemedy, remedyOf } from './remedies.js'
import { formatS3Uri } from './s3-location.js'
import { type SendMark, sendMark } from './send-mark.js'

/**
 * The meaning of a failed request: one of our codes, whether a retry is worthwhile, and what to do. S3's own codes:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; other servers use some of them, so the HTTP
 * status decides if the code is unknown.
 */
export interface S3Failure {
  /** The failure's own code; otherwise `undefined`, and the operation determines it. */
  readonly code: S3ErrorCode | undefined
  /** Whether the same request may succeed on a retry. */
  readonly retryable: boolean
  /** Whether the request certainly never reached the server: no connection, no credentials, no endpoint. */
  readonly unsent: boolean
  /** The HTTP status, if there was a response. */
  readonly statusCode: number | undefined
  /** The service's own code, or the system's (`ECONNRESET`). */
  readonly s3Code: string | undefined
  /** The service's request id. */
  readonly requestId: string | undefined
  /** The delay that the service requests, in milliseconds. */
  readonly retryAfter: number | undefined
  /** What to do, as a sentence; empty if unknown. */
  readonly remedy: string
}

const BY_CODE: Record<string, S3ErrorCode> = {
  NoSuchKey: 'AVIO_ERR_NO_SUCH_KEY',
  NoSuchVersion: 'AVIO_ERR_NO_SUCH_KEY',
  NoSuchBucket: 'AVIO_ERR_NO_SUCH_BUCKET',
  AccessDenied: 'AVIO_ERR_ACCESS_DENIED',
  AllAccessDisabled: 'AVIO_ERR_ACCESS_DENIED',
  AccountProblem: 'AVIO_ERR_ACCESS_DENIED',
  InvalidAccessKeyId: 'AVIO_ERR_CREDENTIALS',
  SignatureDoesNotMatch: 'AVIO_ERR_CREDENTIALS',
  ExpiredToken: 'AVIO_ERR_CREDENTIALS',
  InvalidToken: 'AVIO_ERR_CREDENTIALS',
  TokenRefreshRequired: 'AVIO_ERR_CREDENTIALS',
  RequestTimeTooSkewed: 'AVIO_ERR_CREDENTIALS',
  RequestExpired: 'AVIO_ERR_CREDENTIALS',
  RequestInTheFuture: 'AVIO_ERR_CREDENTIALS',
  CredentialsProviderError: 'AVIO_ERR_CREDENTIALS',
  TokenProviderError: 'AVIO_ERR_CREDENTIALS',
  PermanentRedirect: 'AVIO_ERR_WRONG_REGION',
  AuthorizationHeaderMalformed: 'AVIO_ERR_WRONG_REGION',
  IllegalLocationConstraintException: 'AVIO_ERR_WRONG_REGION',
  InvalidObjectState: 'AVIO_ERR_OBJECT_ARCHIVED',
  InvalidRange: 'AVIO_ERR_RANGE_NOT_SATISFIABLE',
  PreconditionFailed: 'AVIO_ERR_PRECONDITION_FAILED',
  ConditionalRequestConflict: 'AVIO_ERR_PRECONDITION_FAILED',
  BadDigest: 'AVIO_ERR_CHECKSUM_MISMATCH',
  XAmzContentChecksumMismatch: 'AVIO_ERR_CHECKSUM_MISMATCH',
  XAmzContentSHA256Mismatch: 'AVIO_ERR_CHECKSUM_MISMATCH',
  EntityTooLarge: 'AVIO_ERR_OBJECT_TOO_LARGE',
}

const BY_STATUS: Record<number, S3ErrorCode> = {
  301: 'AVIO_ERR_WRONG_REGION',
  401: 'AVIO_ERR_CREDENTIALS',
  403: 'AVIO_ERR_ACCESS_DENIED',
  404: 'AVIO_ERR_NO_SUCH_KEY',
  412: 'AVIO_ERR_PRECONDITION_FAILED',
  416: 'AVIO_ERR_RANGE_NOT_SATISFIABLE',
}

/** Service codes that mean "try again later", with any status. */
const TRANSIENT_CODES = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  // The SDK corrects its clock from the response, so that the next attempt has the right time.
  'RequestTimeTooSkewed',
  'RequestExpired',
  'RequestInTheFuture',
  'OperationAborted',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'TimeoutError',
  'IncompleteBody',
])

/**
 * Codes of failures that a later job, or another machine, may avoid: with fresh credentials, or after another client's
 * write.
 */
const PASSING_CODES = new Set([
  'ExpiredToken',
  'TokenRefreshRequired',
  'CredentialsProviderError',
  'TokenProviderError',
  'ConditionalRequestConflict',
])

/**
 * Whether a whole job is worth a retry after a failure, if the code does not decide: otherwise `undefined`.
 */
function isWorthAnotherRun({ code, retryable, s3Code = '' }: S3Failure): boolean | undefined {
  if (retryable || PASSING_CODES.has(s3Code)) return true
  return code === undefined ? false : undefined
}

/** Whether `error` is an abort, whoever created it. */
export function isAbortError(error: unknown): boolean {
  return isError(error) && error.name === 'AbortError'
}

/** Interprets a failed request. */
export function classifyError(error: unknown): S3Failure {
  const raw = (error ?? {}) as RawError
  const mark = sendMark(error)
  const statusCode = raw.$metadata?.httpStatusCode ?? raw.$response?.statusCode
  // A response is not a network failure, whatever else its error carries.
  const network =
    statusCode === undefined && !(error instanceof AvioError)
      ? networkFailure(error, mark?.hasWorked)
      : undefined
  const s3Code = network?.code ?? serviceCode(raw) ?? (typeof raw.code === 'string' ? raw.code : undefined)
  const code = codeOf({ raw, network, s3Code, statusCode })
  return {
    code,
    retryable: isRetryable({ raw, network, s3Code, statusCode }) || isHiccup(raw, mark),
    unsent: mark?.unsent === true || network?.unsent === true || isProviderError(raw),
    statusCode,
    s3Code,
    requestId: raw.$metadata?.requestId,
    retryAfter: retryAfterOf(raw.$response?.headers?.['retry-after']),
    remedy: remedyOf(error, code),
  }
}

/** The facts about a failed request. */
interface Known {
  readonly raw: RawError
  readonly network: NetworkFailure | undefined
  readonly s3Code: string | undefined
  readonly statusCode: number | undefined
}

const isProviderError = ({ name }: RawError) => /^(Credentials|Token)ProviderError$/.test(name ?? '')

/** Temporarily unavailable credentials, in a client that had some before: another attempt may succeed. */
function isHiccup(raw: RawError, mark: SendMark | undefined): boolean {
  if (mark?.hadCredentials !== true || !mark.unsent || raw.name === 'AbortError') return false
  return isProviderError(raw) || raw.name === 'Error' || raw.name === 'TimeoutError'
}

/** The SDK found that the bytes do not match the response's checksum. Only its message shows this. */
function isBadChecksum(raw: RawError): boolean {
  return raw.message?.startsWith('Checksum mismatch') === true
}

/** The service's code. A response without a body (a HEAD, a proxy) leaves the SDK nothing to name the error by. */
function serviceCode(raw: RawError): string | undefined {
  const name = raw.Code ?? raw.name
  if (
    name === undefined ||
    name === 'Error' ||
    name === 'TypeError' ||
    /^(Unknown|NotFound$|\d)/.test(name)
  ) {
    return undefined
  }
  return name
}

function codeOf({ raw, network, s3Code, statusCode }: Known): S3ErrorCode | undefined {
  if (isBadChecksum(raw)) return 'AVIO_ERR_CHECKSUM_MISMATCH'
  if (isRegionMissing(raw)) return 'AVIO_ERR_WRONG_REGION'
  const byCode = s3Code === undefined ? undefined : BY_CODE[s3Code]
  if (byCode !== undefined) return byCode
  // Ceph refuses with 403 what a quota does not allow, which no permission would change.
  if (isStoreFull(s3Code, statusCode)) return undefined
  if (statusCode !== undefined) return BY_STATUS[statusCode]
  if (isProviderError(raw)) return 'AVIO_ERR_CREDENTIALS'
  return network?.unreachable === true ? 'AVIO_ERR_UNREACHABLE' : undefined
}

function isRetryable({ raw, network, s3Code, statusCode }: Known): boolean {
  if (raw.name === 'AbortError' || raw instanceof AvioError) return false
  if (s3Code !== undefined && TRANSIENT_CODES.has(s3Code)) return true
  if (isDamagedTls(raw) || isDamagedTls(raw.cause)) return true
  if (statusCode !== undefined && statusCode >= 300) return isTransientStatus(statusCode)
  return network?.retryable === true && !isProviderError(raw)
}

/**
 * The error for a failed request: the operation, its target, the service's message, and what to do.
 *
 * @param fallback - the code for a failure without its own
 * @param happened - what failed, to precede the target
 * @param maxAttempts - the number of attempts allowed, for the message
 */
export function s3Error(
  error: unknown,
  fallback: S3ErrorCode,
  fields: S3ErrorFields,
  happened: string,
  maxAttempts?: number,
): S3Error {
  const failure = classifyError(error)
  const message = isError(error) && error.message !== '' ? error.message : undefined
  const said = (message ?? networkFailure(error)?.message ?? failure.s3Code ?? 'no reason reported').replace(
    /[\s.:]+$/,
    '',
  )
  const status = failure.statusCode === undefined ? '' : ` (HTTP ${failure.statusCode})`
  const name = failure.s3Code === undefined || said.includes(failure.s3Code) ? '' : `${failure.s3Code}: `
  const remedy = pathStyleRemedy(error, fields.bucket) ?? failure.remedy
  const { attempts = 0 } = fields
  const allowed = maxAttempts === undefined ? '' : ` of ${maxAttempts}`
  const tried = failure.retryable && attempts > 0 ? ` after ${attempts}${allowed} attempts` : ''
  const whole = `${happened} ${formatS3Uri(fields)}${tried}: ${name}${said}${status}. ${remedy}`
  return new S3Error(
    failure.code ?? fallback,
    whole.trim(),
    { ...fields, statusCode: failure.statusCode, s3Code: failure.s3Code, requestId: failure.requestId },
    { cause: error, retryable: isWorthAnotherRun(failure) },
  )
}
