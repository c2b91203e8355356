import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { headerOf, type S3Request } from './s3-request.js'
import { ServiceError } from './service-error.js'

/**
 * Signature Version 4, as a server verifies it: in the `Authorization` header or in the query of a presigned URL.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 *
 * The canonical request is rebuilt from the received one; path and query are decoded and re-encoded, so that a client
 * may send characters unescaped that it escapes for signing.
 */

/** The only accepted identity, and its region. */
export interface SigningIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

/** The values that verify a signed body, chunk by chunk. */
export interface SigningSeed {
  readonly key: Buffer
  readonly scope: string
  readonly date: string
  /** The request's own signature: the first link of the chain. */
  readonly signature: string
}

/** The outcome of {@link authenticate}. */
export interface Authentication {
  /** The request carries no signature at all. */
  readonly anonymous: boolean
  /** `x-amz-content-sha256`: a hash, `UNSIGNED-PAYLOAD`, or one of the `STREAMING-…` words. */
  readonly payload: string
  /** Absent for an anonymous request. */
  readonly seed: SigningSeed | undefined
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const MAX_SKEW_MS = 15 * 60 * 1000
const MAX_EXPIRES_S = 7 * 24 * 60 * 60

/** HMAC-SHA256. */
export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest()
}

/** The signing key for one day and region. */
export function signingKey(secret: string, date: string, region: string): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), 's3'), 'aws4_request')
}

/** Percent-encoding of everything but RFC 3986's unreserved characters. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The signature as claimed by a request. */
interface Claim {
  readonly accessKeyId: string
  /** `date/region/service/aws4_request` */
  readonly scope: readonly string[]
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `YYYYMMDDTHHMMSSZ` */
  readonly date: string
  readonly payload: string
  /** Seconds from `date`, for a presigned URL. */
  readonly expires: number | undefined
}

function claimOfHeader(request: S3Request, authorization: string): Claim {
  const [scheme, rest = ''] = authorization.split(/ (.*)/s)
  if (scheme !== ALGORITHM) {
    throw new ServiceError('InvalidRequest', {
      message: `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    })
  }
  const parts = new Map(rest.split(',').map(part => part.trim().split(/=(.*)/s) as [string, string]))
  const [accessKeyId = '', ...scope] = splitCredential(parts.get('Credential') ?? '')
  const payload = headerOf(request, 'x-amz-content-sha256')
  if (payload === undefined) {
    throw new ServiceError('InvalidRequest', {
      message: 'Missing required header for this request: x-amz-content-sha256',
    })
  }
  return {
    accessKeyId,
    scope,
    signedHeaders: (parts.get('SignedHeaders') ?? '').split(';'),
    signature: parts.get('Signature') ?? '',
    date: headerOf(request, 'x-amz-date') ?? '',
    payload,
    expires: undefined,
  }
}

function claimOfQuery(request: S3Request): Claim {
  const query = (name: string) => request.query.get(name) ?? ''
  if (query('X-Amz-Algorithm') !== ALGORITHM) {
    throw new ServiceError('InvalidRequest', { message: `X-Amz-Algorithm only supports ${ALGORITHM}` })
  }
  const [accessKeyId = '', ...scope] = splitCredential(query('X-Amz-Credential'))
  const expires = Number(query('X-Amz-Expires') || NaN)
  if (!Number.isInteger(expires) || expires < 1 || expires > MAX_EXPIRES_S) {
    throw new ServiceError('InvalidRequest', {
      message: `X-Amz-Expires must be between 1 and ${MAX_EXPIRES_S} seconds`,
    })
  }
  return {
    accessKeyId,
    scope,
    signedHeaders: query('X-Amz-SignedHeaders').split(';'),
    signature: query('X-Amz-Signature'),
    date: query('X-Amz-Date'),
    payload: headerOf(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD',
    expires,
  }
}

/** The access key may contain slashes, the scope's four fields may not. */
function splitCredential(credential: string): string[] {
  const fields = credential.split('/')
  return [fields.slice(0, -4).join('/'), ...fields.slice(-4)]
}

function checkScope(claim: Claim, identity: SigningIdentity): void {
  const [date, region, service, terminator] = claim.scope
  if (service !== 's3' || terminator !== 'aws4_request' || date !== claim.date.slice(0, 8)) {
    throw new ServiceError('AuthorizationHeaderMalformed', {
      message: `The credential scope "${claim.scope.join('/')}" is not date/region/s3/aws4_request.`,
    })
  }
  if (region !== identity.region) {
    // A HEAD has no body to report the right region in.
    throw new ServiceError('AuthorizationHeaderMalformed', {
      message: `The authorization header is malformed; the region '${region}' is wrong; expecting '${identity.region}'`,
      fields: { Region: identity.region },
      headers: { 'x-amz-bucket-region': identity.region },
    })
  }
  if (claim.accessKeyId !== identity.accessKeyId) {
    throw new ServiceError('InvalidAccessKeyId', { fields: { AWSAccessKeyId: claim.accessKeyId } })
  }
}

function checkTime(claim: Claim, now: number): void {
  const iso = claim.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const signedAt = Date.parse(iso)
  if (Number.isNaN(signedAt)) {
    throw new ServiceError('AccessDenied', { message: 'AWS authentication requires a valid Date' })
  }
  if (claim.expires === undefined ? Math.abs(now - signedAt) > MAX_SKEW_MS : signedAt - now > MAX_SKEW_MS) {
    throw new ServiceError('RequestTimeTooSkewed')
  }
  if (claim.expires !== undefined && now > signedAt + claim.expires * 1000) {
    throw new ServiceError('AccessDenied', { message: 'Request has expired' })
  }
}

function checkSignedHeaders(request: S3Request, claim: Claim): void {
  const signed = new Set(claim.signedHeaders)
  const unsigned = Object.keys(request.headers).filter(
    name => (name === 'host' || name.startsWith('x-amz-')) && !signed.has(name),
  )
  // A presigned URL's payload header is optional, and the body is checked against it anyway.
  const missing = unsigned.filter(name => claim.expires === undefined || name !== 'x-amz-content-sha256')
  if (missing.length > 0) {
    throw new ServiceError('AccessDenied', {
      message: 'There were headers present in the request which were not signed',
      fields: { HeadersNotSigned: missing.join(', ') },
    })
  }
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const query = request.queryPairs
    .filter(([name]) => claim.expires === undefined || name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    .sort()
  const headers = claim.signedHeaders.map(
    name => `${name}:${(headerOf(request, name) ?? '').trim().replace(/ +/g, ' ')}\n`,
  )
  return [
    request.method,
    request.path.split('/').map(encodeRfc3986).join('/'),
    query.join('&'),
    headers.join(''),
    claim.signedHeaders.join(';'),
    claim.payload,
  ].join('\n')
}

const keys = new Map<string, Buffer>()

function cachedSigningKey(identity: SigningIdentity, date: string): Buffer {
  const name = [identity.secretAccessKey, date, identity.region].join('\n')
  const cached = keys.get(name)
  if (cached) return cached
  const key = signingKey(identity.secretAccessKey, date, identity.region)
  // One server has one identity, and the day rarely changes: the cache never needs more.
  if (keys.size > 100) keys.clear()
  keys.set(name, key)
  return key
}

/**
 * Authenticates a request. Throws the same error as S3: `InvalidAccessKeyId`, `SignatureDoesNotMatch`,
 * `AuthorizationHeaderMalformed` (another region), `RequestTimeTooSkewed`, `AccessDenied`.
 *
 * @param now - milliseconds since 1970
 */
export function authenticate(request: S3Request, identity: SigningIdentity, now: number): Authentication {
  const authorization = headerOf(request, 'authorization')
  const presigned = request.query.has('X-Amz-Algorithm')
  if (authorization === undefined && !presigned) {
    const payload = headerOf(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
    return { anonymous: true, payload, seed: undefined }
  }
  const claim = authorization === undefined ? claimOfQuery(request) : claimOfHeader(request, authorization)
  checkScope(claim, identity)
  checkTime(claim, now)
  checkSignedHeaders(request, claim)
  const scope = claim.scope.join('/')
  const canonical = canonicalRequest(request, claim)
  const hash = createHash('sha256').update(canonical, 'latin1').digest('hex')
  const key = cachedSigningKey(identity, claim.date.slice(0, 8))
  const expected = hmac(key, [ALGORITHM, claim.date, scope, hash].join('\n')).toString('hex')
  if (!sameSignature(expected, claim.signature)) {
    throw new ServiceError('SignatureDoesNotMatch', { fields: { CanonicalRequest: canonical } })
  }
  return {
    anonymous: false,
    payload: claim.payload,
    seed: { key, scope, date: claim.date, signature: expected },
  }
}

/** Compares two signatures in hexadecimal, in constant time. */
export function sameSignature(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected, 'latin1'), Buffer.from(given, 'latin1')]
  return a.length === b.length && timingSafeEqual(a, b)
}
