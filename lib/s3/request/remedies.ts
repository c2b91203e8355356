import type { S3ErrorCode } from '../../errors.js'
import { networkFailure, schemeMismatch } from './network-errors.js'
import { sendMark } from './send-mark.js'

/** An SDK error as received: any member may be missing. */
export interface RawError {
  name?: string
  code?: string
  Code?: string
  message?: string
  cause?: unknown
  Region?: string
  head?: { title?: string }
  $responseBodyText?: string
  $metadata?: { httpStatusCode?: number; requestId?: string }
  $response?: { statusCode?: number; headers?: Record<string, string | undefined> }
}

const REMEDIES: Partial<Record<S3ErrorCode, string>> = {
  AVIO_ERR_NO_SUCH_KEY: 'Check the key (it is case-sensitive and used as it is, never URL-decoded).',
  AVIO_ERR_NO_SUCH_BUCKET:
    'Check the bucket, and that the client points to the right endpoint and region; ' +
    'most stores other than AWS need forcePathStyle: true.',
  AVIO_ERR_ACCESS_DENIED:
    'Check the credentials and the bucket policy. Without s3:ListBucket, S3 answers like this for a missing key too.',
  AVIO_ERR_CREDENTIALS:
    'Give the client credentials that are valid now, and check that the clock of this machine is right.',
  AVIO_ERR_WRONG_REGION: 'Make the client with the region of the bucket.',
  AVIO_ERR_UNREACHABLE: 'Check the endpoint, the network, and the certificates.',
  AVIO_ERR_OBJECT_ARCHIVED: 'Restore the object (RestoreObject) and try again.',
  AVIO_ERR_PRECONDITION_FAILED:
    'The key has another object than the condition allows (ifNoneMatch, ifMatch), or another write is under way: ' +
    'look at the object, then choose another key or leave the condition out.',
}

/** Codes of stores without room: MinIO's, Ceph's, and the common one. */
const FULL = /^(InsufficientStorage|QuotaExceeded|XMinioStorageFull|XMinioAdminBucketQuotaExceeded)$/

/** Codes of stores that want fewer requests. */
const OVERLOADED = /^(SlowDown|ServiceUnavailable|Throttling|RequestLimitExceeded|BandwidthLimitExceeded)/

/** Whether a store has no room for the object, or a quota allows none. */
export function isStoreFull(s3Code: string | undefined, statusCode: number | undefined): boolean {
  return statusCode === 507 || FULL.test(s3Code ?? '')
}

/** Whether the client has no region, from any source. */
export const isRegionMissing = ({ message }: RawError) =>
  /^Region (is missing|not accepted)/.test(message ?? '')

/** What to do, as far as code and circumstances show. */
export function remedyOf(error: unknown, code: S3ErrorCode | undefined): string {
  const raw = (error ?? {}) as RawError
  if (isRegionMissing(raw))
    return 'Give the client a region (any will do for most stores other than AWS), or set AWS_REGION.'
  const mark = sendMark(error)
  const mismatch = schemeMismatch(error) ?? (saysHttps(raw) ? 'is-https' : undefined)
  if (mismatch === 'is-https') return 'This port speaks https: start the endpoint with https://.'
  if (mismatch === 'is-http' && mark?.hasWorked !== true)
    return 'This port does not speak TLS: start the endpoint with http://, or use the https port.'
  const network = networkFailure(error)
  // If the server hangs up while the body is still going out, the write fails.
  if (mark?.protocol === 'http:' && !mark.hasWorked && HUNG_UP.test(network?.code ?? ''))
    return 'If this port speaks https, start the endpoint with https://.'
  if (network && OWN_LIMITS.test(network.code))
    return (
      'This process or machine has no descriptors or ports left: raise the limit (ulimit -n), ' +
      'or run fewer jobs at once.'
    )
  const s3Code = raw.Code ?? raw.name
  if (isStoreFull(s3Code, raw.$metadata?.httpStatusCode))
    return 'The store is full, or a quota is reached: free space there, or raise the quota.'
  if (OVERLOADED.test(s3Code ?? ''))
    return 'The store is overloaded: run fewer jobs at once, lower "concurrency", or raise "maxAttempts".'
  const remedy = (code === undefined ? undefined : REMEDIES[code]) ?? ''
  if (mark?.isUnsigned === true && REFUSALS_OF_UNSIGNED.has(s3Code ?? '')) return `${remedy} ${SIGN}`.trim()
  const region = raw.$response?.headers?.['x-amz-bucket-region'] ?? raw.Region
  return code === 'AVIO_ERR_WRONG_REGION' && region !== undefined ? `${remedy} It is ${region}.` : remedy
}

/**
 * How stores answer `UNSIGNED-PAYLOAD` if they do not accept it: by a bucket policy on `s3:x-amz-content-sha256`, by a
 * rule of their own, or by taking the words for a hash that does not match.
 */
const REFUSALS_OF_UNSIGNED = new Set([
  'AccessDenied',
  'InvalidArgument',
  'InvalidDigest',
  'InvalidRequest',
  'NotImplemented',
  'SignatureDoesNotMatch',
  'XAmzContentSHA256Mismatch',
])

const SIGN =
  'The payload was not signed: if the store or the policy of the bucket demands that, set the option ' +
  '"payloadSigning" to "signed".'

const HUNG_UP = /^(ECONNRESET|EPIPE|ECONNABORTED)$/

const OWN_LIMITS = /^(EMFILE|ENFILE|ENOBUFS|EADDRNOTAVAIL)$/

/** An https server that reports an http client, as nginx and Go's do. */
function saysHttps(raw: RawError): boolean {
  if (raw.$metadata?.httpStatusCode !== 400) return false
  const said = [raw.message, raw.head?.title, raw.$responseBodyText].join(' ')
  return /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server/.test(said)
}

/** A store other than AWS rarely has a name in DNS, or in its certificate, for each bucket. */
export function pathStyleRemedy(error: unknown, bucket: string | undefined): string | undefined {
  const network = networkFailure(error)
  if (bucket === undefined || network === undefined) return undefined
  const { host } = (network.code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? error : {}) as { host?: string }
  const asked = network.hostname ?? host
  if (asked?.startsWith(`${bucket}.`) !== true || /\.amazonaws\.com(\.cn)?$/.test(asked)) return undefined
  return `The client connects to host ${asked}: create it with forcePathStyle: true to put the bucket into the path.`
}
