import { optionError, stringOption } from '../../options.js'
import { OptionError } from '../../errors.js'

/** The location of an object, existing or not. */
export interface S3Location {
  /** The bucket's name, or the ARN of an access point. */
  readonly bucket: string
  /** The object's key. */
  readonly key: string
}

/** An object by bucket and key. */
export interface S3KeyOptions {
  /** The bucket's name, or the ARN of an access point. */
  bucket: string
  /** The object's key: 1 to 1,024 bytes of UTF-8 (S3's own limit), used as it is, never decoded. */
  key: string
  /** Not allowed with bucket and key. */
  uri?: undefined
}

/** An object given as one URI instead of bucket and key. */
export interface S3UriOptions {
  /** Not allowed with `uri`. */
  bucket?: undefined
  /** Not allowed with `uri`. */
  key?: undefined
  /**
   * `s3://bucket/key`, instead of `bucket` and `key`; `s3://arn:aws:s3:…:accesspoint/name/key` for an access point. The
   * key is used verbatim, as in the AWS CLI.
   */
  uri: string
}

/** The options that name an object: a bucket and a key, or one URI. */
export type S3LocationOptions = S3KeyOptions | S3UriOptions

/**
 * S3's limit on the length of a key, in bytes of UTF-8
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html).
 */
const MAX_KEY_BYTES = 1024

/** The names of the location options, for `knownOptions`. */
export const LOCATION_OPTIONS = ['bucket', 'key', 'uri'] as const

/**
 * An object behind an access point, whose ARN may contain slashes: access points of S3, of Object Lambda, multi-Region
 * ones, and those of Outposts, which have two names
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-access-points.html).
 */
const ARN_URI =
  /^s3:\/\/(arn:[^/:]+:[^/:]+:[^/:]*:[^/:]*:(?:outpost[/:][^/:]+[/:])?accesspoint[/:][^/:]+)\/(.+)$/is

/** Any other, except for such an ARN without a key. */
const URI = /^s3:\/\/(?!arn:[^/]*:(?:accesspoint|outpost)\/)([^/?#]+)\/(.+)$/is

/** Splits `s3://bucket/key`; `undefined` for any other string. */
export function parseS3Uri(uri: string): S3Location | undefined {
  const match = ARN_URI.exec(uri) ?? URI.exec(uri)
  return match ? { bucket: match[1]!, key: match[2]! } : undefined
}

/** `s3://bucket/key`, the form used in messages. */
export function formatS3Uri(location: { bucket?: string | undefined; key?: string | undefined }): string {
  return `s3://${location.bucket ?? '?'}/${location.key ?? ''}`
}

/**
 * The object named by the options.
 *
 * @throws {@link OptionError} if both forms or neither are used, or one is malformed
 */
export function locationOption(options: object, of: string): S3Location {
  const uri = stringOption(options, 'uri', { default: undefined })
  const bucket = stringOption(options, 'bucket', { default: undefined })
  const key = stringOption(options, 'key', { default: undefined })
  let location: S3Location
  if (uri !== undefined) {
    if (bucket !== undefined || key !== undefined) {
      throw new OptionError('uri', `${of} takes either "uri" or "bucket" and "key", not both`, uri)
    }
    const parsed = parseS3Uri(uri)
    if (!parsed) throw optionError('uri', 'of the form s3://bucket/key', uri)
    location = parsed
  } else {
    if (bucket === undefined)
      throw optionError('bucket', 'given (or "uri" instead of bucket and key)', bucket)
    if (key === undefined) throw optionError('key', 'given (or "uri" instead of bucket and key)', key)
    location = { bucket, key }
  }
  if (Buffer.byteLength(location.key) > MAX_KEY_BYTES) {
    throw optionError('key', `at most ${MAX_KEY_BYTES} bytes of UTF-8`, location.key)
  }
  return location
}
