/**
 * Your own stages between the library's: a throttle before ffmpeg, a hash after it, and a tee into two buckets that show
 * nothing until both are ready.
 *
 *   npx tsx examples/composition.ts s3://masters/talk.avi s3://web/talk.mp4 s3://backup/talk.mp4
 */
import { type Hash, createHash } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { FfmpegTransform, Fmp4Validator, S3MultipartWritable, S3RangeReadable } from 'avio-streams'

/** Passes at most `bytesPerSecond`; backpressure slows the stages before it, down to the GETs. */
class Throttle extends Transform {
  #due = performance.now()

  constructor(private readonly bytesPerSecond: number) {
    super()
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    const now = performance.now()
    this.#due = Math.max(this.#due, now) + (chunk.length / this.bytesPerSecond) * 1000
    void delay(this.#due - now).then(() => callback(null, chunk))
  }
}

/** Hashes the bytes that pass. */
class HashMeter extends Transform {
  readonly #hash: Hash = createHash('sha256')

  get digest(): string {
    return this.#hash.copy().digest('hex')
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#hash.update(chunk)
    callback(null, chunk)
  }
}

/** A barrier for `count` parties: their promises settle when the last one has arrived. */
function rendezvous(count: number): () => Promise<void> {
  let arrived = 0
  let open: () => void
  const all = new Promise<void>(resolve => (open = resolve))
  return () => {
    if (++arrived === count) open()
    return all
  }
}

export async function main(
  [from, to, copy]: readonly string[],
  { client, bytesPerSecond = 50e6 }: { client?: S3Client; bytesPerSecond?: number } = {},
): Promise<{ sha256: string; etags: string[] }> {
  if (from === undefined || to === undefined || copy === undefined) {
    throw new Error('Usage: composition.ts s3://bucket/source s3://bucket/target s3://bucket/copy')
  }
  const bothReady = rendezvous(2)
  const hash = new HashMeter()
  const first = new S3MultipartWritable({
    client,
    uri: to,
    beforeCommit: bothReady,
  })
  const second = new S3MultipartWritable({
    client,
    uri: copy,
    beforeCommit: bothReady,
  })

  // The tee. pipe() passes no errors on, so a failure of the copy has to end the job explicitly; in the other direction
  // the library's sinks fail with the stream that is piped into them.
  hash.pipe(second)
  const failed = new AbortController()
  second.once('error', error => failed.abort(error))

  await pipeline(
    new S3RangeReadable({ client, uri: from }),
    new Throttle(bytesPerSecond),
    new FfmpegTransform({ output: { format: 'mp4', args: ['-c:v', 'libx264', '-c:a', 'aac'] } }),
    new Fmp4Validator(),
    hash,
    first,
    { signal: failed.signal },
  ).catch((error: unknown) => {
    throw failed.signal.aborted ? failed.signal.reason : error
  })
  const uploads = await Promise.all([first.result, second.result])
  return { sha256: hash.digest, etags: uploads.map(upload => upload.etag) }
}

if (process.argv[1] === import.meta.filename) console.log(await main(process.argv.slice(2)))
