import { S3Error } from '../../errors.js'
import { type S3Location, formatS3Uri } from '../request/s3-location.js'

/** What a write may replace, by S3's own names. */
export interface WriteCondition {
  /** Only nothing. */
  readonly ifNoneMatch?: '*' | undefined
  /** Only the object with this ETag. */
  readonly ifMatch?: string | undefined
}

/**
 * The error for a target that does not meet a condition, found by a look before the write; `undefined` for one that
 * does.
 *
 * @param etag - of the object that is there; `undefined` for none
 */
export function conditionFailure(
  { ifNoneMatch, ifMatch }: WriteCondition,
  location: S3Location,
  etag: string | undefined,
): S3Error | undefined {
  if (ifNoneMatch !== undefined && etag !== undefined) return objectExists(location, etag)
  if (ifMatch === undefined || unquoted(etag) === unquoted(ifMatch)) return undefined
  const found = etag === undefined ? 'does not exist' : `has the ETag ${etag}`
  return failure(`${formatS3Uri(location)} ${found}, and only ${ifMatch} may be replaced (ifMatch)`, location)
}

/** The error for an object that exists, of a write with `ifNoneMatch: '*'`. */
export function objectExists(location: S3Location, etag: string): S3Error {
  const what = `${formatS3Uri(location)} exists, with the ETag ${etag}, and may not be replaced (ifNoneMatch: *)`
  return failure(what, location)
}

function failure(what: string, { bucket, key }: S3Location): S3Error {
  const message = `${what}. It was left as it is.`
  return new S3Error('AVIO_ERR_PRECONDITION_FAILED', message, { bucket, key }, { retryable: false })
}

function unquoted(etag: string | undefined): string | undefined {
  return etag?.replace(/^"(.*)"$/, '$1')
}
