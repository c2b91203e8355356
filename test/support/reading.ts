import type { Readable } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import type { S3Error } from '../../lib/errors.js'
import { KiB } from '../../lib/options.js'
import type { S3RangeSettings } from '../../lib/s3/read/range-options.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'

/** 128 KiB in which every aligned place of 64 KiB can be told from every other. */
const PERIOD = Buffer.from(Uint8Array.from({ length: 128 * KiB }, (_, i) => i * 31 + (i >>> 8) * 7))

/** Bytes derived from their position. */
export function pattern(start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start)
  for (let at = 0; at < bytes.length;) {
    const from = (start + at) % (64 * KiB)
    at += PERIOD.copy(bytes, at, from)
  }
  return bytes
}

/** A server with one synthetic object, and what reads it. */
export async function local(t: Test, size = 50) {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  s3.putSynthetic('bucket', 'k', size, pattern)
  const source = (more: Partial<S3RangeSettings> = {}) =>
    // What is read here has no checksum: what is asked for is what counts.
    new S3RangeReadable({ client, bucket: 'bucket', key: 'k', verify: 'off', ...more })
  return { s3, client, source, ranges: () => s3.calls.map(call => call.range ?? 'whole') }
}

/** All bytes, and the error that came in place of an end. */
export async function read(source: Readable): Promise<{ bytes: Buffer; error: S3Error | undefined }> {
  const chunks: Buffer[] = []
  source.on('data', (chunk: Buffer) => chunks.push(chunk))
  let error: S3Error | undefined
  source.on('error', (failure: S3Error) => (error = failure))
  let ended = false
  source.on('end', () => (ended = true))
  await new Promise<void>(resolve => source.on('close', resolve))
  if (ended === (error !== undefined)) throw new Error('It has to end or to fail, and not both')
  return { bytes: Buffer.concat(chunks), error }
}

/** Gives the event loop a turn. */
export const turn = () => new Promise<void>(resolve => setImmediate(resolve))
