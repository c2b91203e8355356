import { integerOption, MAX_TIMEOUT, MiB, GiB, oneOfOption, stringOption } from '../../options.js'
import { minThroughputOption } from '../../io/async/stall-timer.js'
import { type GetObjectRequest, getRequestOption } from './get-request-option.js'
import type { GetTarget, Transport } from './get-range.js'
import { clientOption, type S3ClientOption } from '../request/s3-client.js'
import { LOCATION_OPTIONS, locationOption, type S3LocationOptions } from '../request/s3-location.js'

/** Where an object is, and how it is read: what everything that reads one takes. */
export type S3ReadOptions = S3LocationOptions & S3ReadSettings

/** How an object is read. */
export interface S3ReadSettings extends S3ClientOption {
  /** The version to read, in a bucket that keeps versions. @defaultValue the latest, at the first request */
  versionId?: string | undefined
  /**
   * The ETag of the version to read, as {@link S3ObjectInfo.etag} has it: the one that a plan was made of. Where the object
   * is another one by now, or gone, the read fails with `AVIO_ERR_OBJECT_CHANGED` before its first byte.
   *
   * @defaultValue whatever the first answer has
   */
  etag?: string | undefined
  /** The rest of GetObject's input: SSE-C keys, RequestPayer, ExpectedBucketOwner … */
  request?: GetObjectRequest | undefined
  /**
   * Largest range that one request asks for, in bytes: 1 to 5 GiB. A larger one costs fewer requests, a smaller
   * one loses less when it fails and lets the same memory be shared by more connections.
   *
   * @defaultValue 8 MiB
   */
  partSize?: number | undefined
  /**
   * Milliseconds without a byte (or, before the first one, without an answer) after which a request is given up and
   * tried again; 1 to 2³¹ − 1, or `Infinity` for never.
   *
   * @defaultValue 30,000
   */
  stallTimeout?: number | undefined
  /**
   * The least rate at which the bytes of an answer may come, in bytes a second, measured over `stallTimeout` from the
   * first byte on; 0 for none. An answer that drips slower than that is given up and resumed like one that stalled.
   * Only time in which this process takes bytes counts: a slow consumer is no slow store.
   *
   * @defaultValue 512
   */
  minThroughput?: number | undefined
  /**
   * How often each range is tried in all: 1 to 100. A try begins at the byte where the one before broke.
   * The waits between are drawn from 0 to 100 ms, 200 ms, 400 ms … 20 s, or are what the service asks for.
   *
   * @defaultValue 8
   */
  maxAttempts?: number | undefined
  /**
   * How the bytes of answers travel. `'direct'`: over connections of the library's own, at less than half the CPU time,
   * where that makes no other difference (`docs/s3-range-readable.md`); `'sdk'`: always by the client's request handler.
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
  'partSize',
  'stallTimeout',
  'minThroughput',
  'maxAttempts',
  'transport',
] as const satisfies readonly (keyof S3ReadOptions)[]

/** What the shared options say, checked. */
export function readOptions(options: object, of: string): GetTarget & { readonly partSize: number } {
  return {
    location: locationOption(options, of),
    versionId: stringOption(options, 'versionId', { default: undefined }),
    etag: stringOption(options, 'etag', { default: undefined }),
    request: getRequestOption(options),
    partSize: integerOption(options, 'partSize', {
      min: 1,
      max: 5 * GiB,
      default: 8 * MiB,
      unit: 'bytes',
    }),
    stallTimeout: integerOption(options, 'stallTimeout', {
      min: 1,
      max: MAX_TIMEOUT,
      default: 30_000,
      unit: 'milliseconds',
      infinity: true,
    }),
    minThroughput: minThroughputOption(options),
    maxAttempts: integerOption(options, 'maxAttempts', { min: 1, max: 100, default: 8 }),
    transport: oneOfOption<Transport>(options, 'transport', {
      values: ['direct', 'sdk'],
      default: 'direct',
    }),
    client: clientOption(options),
  }
}
