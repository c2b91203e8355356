import { integerOption, MAX_TIMEOUT, MiB, GiB, stringOption } from '../options.js'
import { type GetObjectRequest, getRequestOption } from './get-input.js'
import type { GetTarget } from './resumed-get.js'
import { clientOption, type S3ClientOption } from './s3-client.js'
import { LOCATION_OPTIONS, locationOption, type S3LocationOptions } from './s3-location.js'

/** The options that everything that reads an object shares. */
export interface S3ReadOptions extends S3ClientOption, S3LocationOptions {
  /** The version to read, in a bucket that keeps versions. @defaultValue the latest, at the first request */
  versionId?: string | undefined
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
   * How often each range is tried in all: 1 to 100. A try begins at the byte where the one before broke.
   * The waits between are drawn from 0 to 100 ms, 200 ms, 400 ms … 20 s, or are what the service asks for.
   *
   * @defaultValue 8
   */
  maxAttempts?: number | undefined
}

/** The names of {@link S3ReadOptions}, for `knownOptions`. */
export const READ_OPTIONS = [
  'client',
  ...LOCATION_OPTIONS,
  'versionId',
  'request',
  'partSize',
  'stallTimeout',
  'maxAttempts',
] as const satisfies readonly (keyof S3ReadOptions)[]

/** What the shared options say, checked. */
export function readOptions(options: object, of: string): GetTarget & { readonly partSize: number } {
  return {
    location: locationOption(options, of),
    versionId: stringOption(options, 'versionId', { default: undefined }),
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
    maxAttempts: integerOption(options, 'maxAttempts', { min: 1, max: 100, default: 8 }),
    client: clientOption(options),
  }
}
