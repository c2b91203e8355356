import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../errors.js'
import { retry } from '../io/async/retry.js'
import { s3Error } from './request/classify-error.js'
import { type S3Location, formatS3Uri } from './request/s3-location.js'
import { sendWithTimeout } from './request/send-with-timeout.js'
import { readStoreClock } from './request/store-clock.js'
import { patience } from './upload/upload-errors.js'

/** An object of a listing. */
export interface ListedObject {
  readonly key: string
  /** In bytes. */
  readonly size: number
  /** Some stores leave it out of a listing. */
  readonly etag: string | undefined
  /** When it was stored, by the store's clock. */
  readonly modified: Date
  /** For how long it has been there, by the store's clock, in milliseconds. */
  readonly age: number
}

/** What to list. */
export interface ListOptions {
  readonly client: S3Client
  readonly bucket: string
  readonly prefix: string
  /** The most objects of one request: 1 to 1,000. @defaultValue the store's own, 1,000 */
  readonly pageSize?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Longest time without any data sent or received in a request, in milliseconds. */
const TIMEOUT = 60_000
const ATTEMPTS = 5

/**
 * Lists the objects below a prefix by key, a page at a time.
 *
 * @throws `S3Error` if it can't list them: `AVIO_ERR_ACCESS_DENIED` (it needs `s3:ListBucket`),
 *   `AVIO_ERR_BAD_RESPONSE`, … or `AVIO_ERR_READ_FAILED`
 */
export async function* listObjects(options: ListOptions): AsyncGenerator<ListedObject, void, undefined> {
  const { bucket, prefix } = options
  let token: string | undefined
  do {
    const { page, now } = await readPage(options, token)
    for (const { Key: key, Size: size = 0, ETag: etag, LastModified } of page.Contents ?? []) {
      if (key?.startsWith(prefix) !== true) continue
      // An object without a date is not old.
      const modified = LastModified ?? new Date(now)
      yield { key, size, etag, modified, age: Math.max(0, now - modified.getTime()) }
    }
    token = nextToken(page, token, { bucket, key: prefix })
  } while (token !== undefined)
}

/** A listing that breaks off must not look like a complete one. */
function nextToken(
  { IsTruncated, NextContinuationToken: next }: ListObjectsV2CommandOutput,
  token: string | undefined,
  location: S3Location,
): string | undefined {
  if (IsTruncated !== true) return undefined
  if (next !== undefined && next !== token) return next
  throw new S3Error(
    'AVIO_ERR_BAD_RESPONSE',
    `The list of objects below ${formatS3Uri(location)} is truncated, but the response names no next page.`,
    { ...location, operation: 'ListObjectsV2' },
  )
}

async function readPage(options: ListOptions, token: string | undefined) {
  const { client, bucket, prefix, pageSize, signal } = options
  const input = { Bucket: bucket, Prefix: prefix, MaxKeys: pageSize, ContinuationToken: token }
  const fields = { bucket, key: prefix, operation: 'ListObjectsV2', attempts: 0 }
  let now = Date.now()
  try {
    const page: ListObjectsV2CommandOutput = await retry(
      attempt => {
        fields.attempts = attempt
        const command = new ListObjectsV2Command(input)
        readStoreClock(command, time => (now = time))
        return sendWithTimeout(client, command, { timeout: TIMEOUT, signal, attempt })
      },
      patience(ATTEMPTS, signal),
    )
    return { page, now }
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw s3Error(error, 'AVIO_ERR_READ_FAILED', fields, 'Could not list the objects of')
  }
}
