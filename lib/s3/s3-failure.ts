import { AvioError, S3Error, type S3ErrorCode, type S3ErrorFields } from '../errors.js'
import { formatS3Uri } from './s3-location.js'

/**
 * What a failed request means: one of our codes, whether it is worth trying again, and what to do about it.
 * S3's own codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; other servers use them too,
 * but not all of them, so the HTTP status decides where the code is unknown.
 */
export interface S3Failure {
  /** The code for a failure that has one of its own; else `undefined`, and the operation names it. */
  readonly code: S3ErrorCode | undefined
  /** Whether the same request may succeed when sent again. */
  readonly retryable: boolean
  /** The HTTP status, where there was an answer. */
  readonly statusCode: number | undefined
  /** The service's own code, or the system's (`ECONNRESET`). */
  readonly s3Code: string | undefined
  /** The service's id of the request. */
  readonly requestId: string | undefined
  /** The wait that the service asked for, in milliseconds. */
  readonly retryAfter: number | undefined
  /** What to do, as a sentence; empty where nobody can say. */
  readonly remedy: string
}

/** An SDK error as it comes: any of it may be missing. */
interface RawError {
  name?: string
  code?: string
  Code?: string
  message?: string
  cause?: unknown
  Region?: string
  $metadata?: { httpStatusCode?: number; requestId?: string }
  $response?: { statusCode?: number; headers?: Record<string, string | undefined> }
}

const REMEDIES: Partial<Record<S3ErrorCode, string>> = {
  AVIO_ERR_NO_SUCH_KEY: 'Check the key (it is case-sensitive and used as it is, never URL-decoded).',
  AVIO_ERR_NO_SUCH_BUCKET: 'Check the bucket, and that the client points to the right endpoint and region.',
  AVIO_ERR_ACCESS_DENIED:
    'Check the credentials and the bucket policy. Without s3:ListBucket, S3 answers like this for a missing key too.',
  AVIO_ERR_CREDENTIALS:
    'Give the client credentials that are valid now, and check that the clock of this machine is right.',
  AVIO_ERR_WRONG_REGION: 'Make the client with the region of the bucket.',
  AVIO_ERR_UNREACHABLE: 'Check the endpoint, the network, and the certificates.',
  AVIO_ERR_OBJECT_ARCHIVED: 'Restore the object (RestoreObject) and try again.',
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

/** Codes of Node and of the SDK for a connection that could not be made: retried, then named. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** A host that has no name will have none in a second either, and a bad certificate does not get better. */
const FINAL_NETWORK = /^(ENOTFOUND|CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/

const TRANSIENT_NETWORK = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_CONSTANT',
  'HPE_INVALID_EOF_STATE',
  'UND_ERR_SOCKET',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
])

/** Codes of the service that mean "again, later", with whatever status they come. */
const TRANSIENT_CODES = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'OperationAborted',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'TimeoutError',
  'IncompleteBody',
])

/** Whether `error` is an abort, by whoever made it. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Reads a failed request. */
export function classify(error: unknown): S3Failure {
  const raw = (error ?? {}) as RawError
  const statusCode = raw.$metadata?.httpStatusCode ?? raw.$response?.statusCode
  const systemCode = raw.code ?? (raw.cause as RawError | undefined)?.code
  const s3Code = serviceCode(raw) ?? systemCode
  const code = isBadChecksum(raw) ? 'AVIO_ERR_CHECKSUM_MISMATCH' : codeOf(s3Code, statusCode)
  const region = raw.$response?.headers?.['x-amz-bucket-region'] ?? raw.Region
  const where = code === 'AVIO_ERR_WRONG_REGION' && region !== undefined ? ` It is ${region}.` : ''
  return {
    code,
    retryable: isRetryable(raw, statusCode, s3Code),
    statusCode,
    s3Code,
    requestId: raw.$metadata?.requestId,
    retryAfter: retryAfter(raw.$response?.headers?.['retry-after']),
    remedy: ((code === undefined ? undefined : REMEDIES[code]) ?? '') + where,
  }
}

/** The SDK found that the bytes are not those that the answer's checksum is of. Its message is all there is to tell. */
function isBadChecksum(raw: RawError): boolean {
  return raw.message?.startsWith('Checksum mismatch') === true
}

/** The service's code. An answer without a body (a HEAD, a proxy) gives the SDK nothing to name the error by. */
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

function codeOf(s3Code: string | undefined, statusCode: number | undefined): S3ErrorCode | undefined {
  const byCode = s3Code === undefined ? undefined : BY_CODE[s3Code]
  if (byCode !== undefined) return byCode
  if (statusCode !== undefined) return BY_STATUS[statusCode]
  if (s3Code === undefined) return undefined
  return UNREACHABLE.has(s3Code) || FINAL_NETWORK.test(s3Code) ? 'AVIO_ERR_UNREACHABLE' : undefined
}

function isRetryable(raw: RawError, statusCode: number | undefined, s3Code: string | undefined): boolean {
  if (raw.name === 'AbortError' || raw instanceof AvioError) return false
  if (s3Code !== undefined && TRANSIENT_CODES.has(s3Code)) return true
  // 501 and 505 say that the server cannot do this at all.
  if (statusCode !== undefined && statusCode >= 300) {
    return (
      statusCode === 408 ||
      statusCode === 429 ||
      (statusCode >= 500 && statusCode !== 501 && statusCode !== 505)
    )
  }
  if (s3Code !== undefined && FINAL_NETWORK.test(s3Code)) return false
  return s3Code !== undefined && (UNREACHABLE.has(s3Code) || TRANSIENT_NETWORK.has(s3Code))
}

/** `Retry-After` in milliseconds, where it is a plausible number of seconds. */
function retryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header)
  return header !== undefined && seconds > 0 && seconds <= 300 ? seconds * 1000 : undefined
}

/**
 * The error to show for a failed request: what was tried, on what, what the service said, and what to do.
 *
 * @param fallback - the code where the failure has none of its own
 */
export function s3Error(
  error: unknown,
  fallback: S3ErrorCode,
  fields: S3ErrorFields,
  happened: string,
): S3Error {
  const failure = classify(error)
  const said =
    error instanceof Error && error.message !== '' ? error.message : (failure.s3Code ?? 'no reason given')
  const status = failure.statusCode === undefined ? '' : ` (HTTP ${failure.statusCode})`
  const name = failure.s3Code === undefined || said.includes(failure.s3Code) ? '' : `${failure.s3Code}: `
  const message = `${happened} ${formatS3Uri(fields)}: ${name}${said}${status}. ${failure.remedy}`
  return new S3Error(
    failure.code ?? fallback,
    message.replace(/\.\. /, '. ').trim(),
    { ...fields, statusCode: failure.statusCode, s3Code: failure.s3Code, requestId: failure.requestId },
    { cause: error },
  )
}
