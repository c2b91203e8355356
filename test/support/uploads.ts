import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { KiB } from '../../lib/options.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import type { S3UploadSettings } from '../../lib/s3/upload/upload-options.js'
import { PART } from './upload-store.js'

/** Three parts of the minimum size, and a short one. */
export const DATA = randomBytes(3 * PART + 1000)

/** A stream to the key `k`, with small parts sent one at a time, so that the order of calls is fixed. */
export function writer(
  { client, bucket }: { client: S3Client; bucket: string },
  options: Partial<S3UploadSettings> & { key?: string } = {},
): S3MultipartWritable {
  return new S3MultipartWritable({ client, bucket, key: 'k', partSize: PART, concurrency: 1, ...options })
}

/** `bytes` in chunks of `size`. */
export function source(bytes: Buffer, size = 64 * KiB): Readable {
  function* chunks() {
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
  }
  return Readable.from(chunks(), { objectMode: false })
}

/** The error that a promise rejects with; `undefined` if it resolves. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<(Error & Record<string, unknown>) | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
}

/** Writes `bytes` and waits until the stream has taken them. */
export function write(sink: S3MultipartWritable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write(bytes, error => {
      if (error) reject(error)
      else resolve()
    })
  })
}
