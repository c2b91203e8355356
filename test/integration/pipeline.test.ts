import { getEventListeners, once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { KiB } from '../../lib/options.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { avi, fastStartMp4, packetsOf, transportStream } from '../support/media.js'
import { stores } from '../support/stores.js'

const COPY = { format: 'mp4', args: ['-c', 'copy'] }
const ENCODE = { format: 'mp4', args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'] }

for (const store of stores()) {
  t.test(`pipes an object through ffmpeg and the validator into an object, on ${store.name}`, async t => {
    const { client, bucket, options } = await store.open(t)
    const sources: [string, Buffer, typeof COPY][] = [
      ['transport stream, copied', await transportStream({ seconds: 4 }), COPY],
      ['AVI with H.263 and AC-3, encoded', await avi({ seconds: 4 }), ENCODE],
      ['MP4 with its index first, copied', await fastStartMp4({ seconds: 4 }), COPY],
    ]
    for (const [name, media, output] of sources) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'in', Body: media }))
      const validator = new Fmp4Validator()
      const sink = new S3MultipartWritable({
        client,
        bucket,
        key: 'out',
        contentType: 'video/mp4',
        ...options,
      })
      await pipeline(
        new S3RangeReadable({ client, bucket, key: 'in' }),
        new FfmpegTransform({ output }),
        validator,
        sink,
      )
      const result = await sink.result
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'out' }))
      const stored = Buffer.from(await answer.Body!.transformToByteArray())
      t.equal(stored.length, result.bytes, name)
      t.equal(validator.report?.bytes, result.bytes)
      t.equal(answer.ContentType, 'video/mp4')
      t.equal(await framesIn(stored), await framesIn(media), 'no frame is lost')
    }
  })
}

async function framesIn(media: Buffer): Promise<number> {
  return (await packetsOf(media)).filter(packet => packet.codec_type === 'video').length
}

/** An in-process store with a source, and an older object under the key of the target. */
async function openStore(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['media'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('media', 'in', await transportStream({ seconds: 10, size: '640x360' }))
  await s3.put('media', 'out', 'the older object')
  const source = (options = {}) =>
    new S3RangeReadable({ client, bucket: 'media', key: 'in', maxAttempts: 2, stallTimeout: 500, ...options })
  const sink = (options = {}) =>
    new S3MultipartWritable({ client, bucket: 'media', key: 'out', maxAttempts: 2, ...options })
  return { s3, client, source, sink }
}

/** Asserts that a failed job leaves nothing behind, neither in the bucket nor in this process. */
async function assertNothingLeft(t: Test, s3: LocalS3, ffmpeg: FfmpegTransform, pid: number | undefined) {
  // Not once(), which rejects if the stream fails first.
  if (!ffmpeg.closed) await new Promise(resolve => ffmpeg.once('close', resolve))
  await s3.idle()
  t.equal((await s3.get('media', 'out'))?.toString(), 'the older object', 'the older object stays')
  t.same(s3.uploads('media'), [], 'no upload is left')
  t.same(s3.openCalls, [], 'no request is under way')
  if (pid !== undefined) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, 'ffmpeg is reaped')
}

function pidOf(ffmpeg: FfmpegTransform): { pid: number | undefined } {
  const seen: { pid: number | undefined } = { pid: undefined }
  ffmpeg.once('spawn', child => (seen.pid = child.pid))
  return seen
}

const sourceFaults = {
  'is gone': { status: 404, code: 'NoSuchKey' },
  'resets every connection': { reset: 1000, times: Infinity },
  'truncates every body': { shortBody: 100, times: Infinity },
  'stalls every time': { stall: 1000, times: Infinity },
  'changes under way': { changed: 'another object altogether' },
  'always answers SlowDown': { status: 503, code: 'SlowDown', times: Infinity },
} as const

for (const [what, fault] of Object.entries(sourceFaults)) {
  for (const nth of what === 'changes under way' ? [2] : [1, 2]) {
    t.test(`leaves nothing behind if a source ${what}, from GET ${nth} on`, async t => {
      const { s3, source, sink } = await openStore(t)
      s3.fault({ operation: 'GetObject', nth, ...fault })
      const ffmpeg = new FfmpegTransform({ output: COPY })
      const child = pidOf(ffmpeg)
      const target = sink()
      // Parts small enough that a second GET is needed.
      const reader = source({ partSize: 256 * KiB })
      const failure: unknown = await pipeline(reader, ffmpeg, new Fmp4Validator(), target).catch(
        (error: unknown) => error,
      )
      t.match(failure, { name: 'S3Error', code: /^AVIO_ERR_/, bucket: 'media', key: 'in' })
      t.equal(
        await target.result.catch((error: unknown) => error),
        failure,
        'the sink reports the first error',
      )
      await assertNothingLeft(t, s3, ffmpeg, child.pid)
    })
  }
}

const sinkFaults = {
  'PutObject fails': { operation: 'PutObject', status: 403, code: 'AccessDenied' },
  'PutObject always fails': { operation: 'PutObject', status: 500, times: Infinity },
} as const

for (const [what, fault] of Object.entries(sinkFaults)) {
  t.test(`reports the sink’s error and leaves nothing behind if ${what}`, async t => {
    const { s3, source, sink } = await openStore(t)
    s3.fault(fault)
    const ffmpeg = new FfmpegTransform({ output: COPY })
    const child = pidOf(ffmpeg)
    const target = sink()
    await t.rejects(pipeline(source(), ffmpeg, new Fmp4Validator(), target), { name: 'S3Error', key: 'out' })
    await t.rejects(target.result, { name: 'S3Error', key: 'out' })
    await assertNothingLeft(t, s3, ffmpeg, child.pid)
  })
}

t.test('reports ffmpeg’s error and leaves nothing behind', async t => {
  const { s3, source, sink } = await openStore(t)
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c:v', 'no-such-encoder'] } })
  const child = pidOf(ffmpeg)
  const target = sink()
  await t.rejects(pipeline(source(), ffmpeg, new Fmp4Validator(), target), {
    code: 'AVIO_ERR_UNKNOWN_ENCODER',
  })
  await t.rejects(target.result, { code: 'AVIO_ERR_UNKNOWN_ENCODER' })
  await assertNothingLeft(t, s3, ffmpeg, child.pid)
})

t.test('fails if ffmpeg is killed from outside', async t => {
  const { s3, source, sink } = await openStore(t)
  const ffmpeg = new FfmpegTransform({
    output: { format: 'mp4', args: ['-c:v', 'libx264', '-preset', 'veryslow'] },
  })
  ffmpeg.once('progress', () => process.kill(child.pid!, 'SIGKILL'))
  const child = pidOf(ffmpeg)
  const target = sink()
  await t.rejects(pipeline(source(), ffmpeg, new Fmp4Validator(), target), {
    code: 'AVIO_ERR_FFMPEG_SIGNAL',
    signal: 'SIGKILL',
  })
  await t.rejects(target.result, { code: 'AVIO_ERR_FFMPEG_SIGNAL' })
  await assertNothingLeft(t, s3, ffmpeg, child.pid)
})

t.test('leaves nothing behind if the validation fails', async t => {
  const { s3, source, sink } = await openStore(t)
  // ffmpeg writes valid output, but not an MP4.
  const ffmpeg = new FfmpegTransform({ output: { format: 'mpegts', args: ['-c', 'copy'] } })
  const child = pidOf(ffmpeg)
  const target = sink()
  await t.rejects(pipeline(source(), ffmpeg, new Fmp4Validator(), target), { name: 'Mp4Error' })
  await t.rejects(target.result, { name: 'Mp4Error' })
  await assertNothingLeft(t, s3, ffmpeg, child.pid)
})

t.test(
  'rejects with an AbortError on abort, and leaves nothing behind, not even a listener on the signal',
  async t => {
    const { s3, source, sink } = await openStore(t)
    const controller = new AbortController()
    const { signal } = controller
    const ffmpeg = new FfmpegTransform({ output: ENCODE, signal })
    const child = pidOf(ffmpeg)
    const target = sink({ signal })
    const reader = source({ signal })
    ffmpeg.once('progress', () => controller.abort())
    await t.rejects(pipeline(reader, ffmpeg, new Fmp4Validator({ signal }), target), { name: 'AbortError' })
    await t.rejects(target.result, { name: 'AbortError' })
    await assertNothingLeft(t, s3, ffmpeg, child.pid)
    t.equal(getEventListeners(signal, 'abort').length, 0)
  },
)

t.test('stops the source through the link and succeeds if ffmpeg finishes early', async t => {
  const { s3, source, sink } = await openStore(t)
  const size = s3.head('media', 'in')!.size
  const reader = source({ partSize: 64 * KiB, readAhead: 128 * KiB, concurrency: 2 })
  let stopped = false
  reader.once('stop', () => (stopped = true))
  const ffmpeg = new FfmpegTransform({
    output: { format: 'mp4', args: ['-c', 'copy', '-frames:v', '5', '-an'] },
  })
  const target = sink()
  await pipeline(reader, ffmpeg, new Fmp4Validator(), target)
  const { bytes } = await target.result
  t.equal(stopped, true)
  t.equal(s3.head('media', 'out')?.size, bytes)
  const sent = s3.calls.reduce((sum, call) => sum + (call.operation === 'GetObject' ? call.bytesOut : 0), 0)
  t.ok(sent < size, `${sent} of ${size} bytes were read`)
})

t.test('stops the GETs for a slow sink', async t => {
  const { s3, source } = await openStore(t)
  const readAhead = 256 * KiB
  const reader = source({ partSize: 64 * KiB, readAhead, concurrency: 2 })
  // A pipe through ffmpeg also fills the buffers of the kernel and of ffmpeg; a pass-through has next to none.
  const stuck = new Writable({ highWaterMark: 1, write: () => undefined })
  const between = new PassThrough({ highWaterMark: 1 })
  const job = pipeline(reader, between, stuck).catch((error: unknown) => error)
  // Once it is full, the reader requests nothing more: the calls end, and no new call begins.
  await once(reader, 'progress')
  let before = -1
  while (before !== s3.calls.length) {
    before = s3.calls.length
    await s3.idle()
    await new Promise(resolve => setImmediate(resolve))
  }
  const sent = s3.calls.reduce((sum, call) => sum + call.bytesOut, 0)
  t.ok(sent <= readAhead + 128 * KiB, `${sent} bytes were sent for a read-ahead of ${readAhead}`)
  reader.destroy()
  t.match(await job, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
})
