import { oneOfOption, stringOption } from '../../options.js'
import { FETCH_OPTIONS, type FetchOptions, fetchOptions } from '../../io/fetch/fetch-options.js'
import { type GetObjectRequest, getRequestOption } from './get-request-option.js'
import type { GetTarget, Transport } from './get-range.js'
import { clientOption, type S3ClientOption } from '../request/s3-client.js'
import { LOCATION_OPTIONS, locationOption, type S3LocationOptions } from '../request/s3-location.js'

/** The location of an object, and the settings common to all readers. */
export type S3ReadOptions = S3LocationOptions & S3ReadSettings

/** How to read an object. */
export interface S3ReadSettings extends S3ClientOption {
  /** The version to read, in a bucket that keeps versions. @defaultValue the latest, at the first request */
  versionId?: string | undefined
  /**
   * The ETag of the version to read, as in {@link S3ObjectInfo.etag}: for example the one that a plan was made from. If
   * the object has changed since, or no longer exists, the read fails with `AVIO_ERR_OBJECT_CHANGED` before its first
   * byte.
   *
   * @defaultValue the ETag of the first response
   */
  etag?: string | undefined
  /** The rest of GetObject's input: SSE-C keys, RequestPayer, ExpectedBucketOwner … */
  request?: GetObjectRequest | undefined
  /**
   * Largest range per request, in bytes: 1 to 5 GiB. A larger range takes fewer requests; a smaller one loses less when
   * it fails, and lets more connections share the same memory.
   *
   * @defaultValue 8 MiB
   */
  partSize?: number | undefined
  /**
   * Milliseconds without a byte (or, before the first one, without a response) before a request times out and is
   * retried; 1 to 2³¹ − 1, or `Infinity` for never. The silence is found up to a tenth later.
   *
   * @defaultValue 30,000
   */
  stallTimeout?: number | undefined
  /**
   * Minimum throughput of a response, in bytes per second, measured over `stallTimeout` from the first byte on; 0 for
   * none. A slower response is cancelled and resumed like a stalled one. Only time in which this process accepts bytes
   * counts: a slow consumer is not a slow store.
   *
   * @defaultValue 512
   */
  minThroughput?: number | undefined
  /**
   * Total attempts per range: 1 to 100. Each attempt starts at the byte where the previous one broke. The delays
   * between attempts are random, from 0 to 100 ms, 200 ms, 400 ms … 20 s, or as long as the service requests.
   *
   * @defaultValue 8
   */
  maxAttempts?: number | undefined
  /**
   * How response bodies travel. `'direct'`: over the library's own connections, at less than half the CPU time, if that
   * makes no other difference (`docs/s3-range-readable.md`); `'sdk'`: always through the client's request handler.
   *
   * @defaultValue `'direct'`
   */
  transport?: Transport | undefined
}

/** The names of {@link S3ReadOptions}, for `knownOptions`. */
export const READ_OPTIONS = [
  'client',
  ...LOCATION_OPTIONS,
  'versionId',
  'etag',
  'request',
  ...FETCH_OPTIONS,
  'transport',
] as const satisfies readonly (keyof S3ReadOptions)[]

/** The shared options, checked. */
export function readOptions(options: object, of: string): GetTarget & FetchOptions {
  return {
    location: locationOption(options, of),
    versionId: stringOption(options, 'versionId', { default: undefined }),
    etag: stringOption(options, 'etag', { default: undefined }),
    request: getRequestOption(options),
    ...fetchOptions(options),
    transport: oneOfOption<Transport>(options, 'transport', {
      values: ['direct', 'sdk'],
      default: 'direct',
    }),
    client: clientOption(options),
  }
}
