import { getEventListeners, once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import {
  CmafPackager,
  FfmpegProcess,
  FfmpegReadable,
  FfmpegTransform,
  FileSource,
  FileWritable,
  DirectoryStorage,
  Fmp4Validator,
  DeferredHeader,
  HttpSource,
  FaststartMp4,
  type RandomAccess,
  S3MultipartWritable,
  S3Source,
  S3RangeReadable,
  abortStaleUploads,
  clip,
  keyframes,
  probe,
  storyboard,
  thumbnails,
  transcode,
} from '../../lib/index.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { noWarning } from '../support/warnings.js'

/** As many operations as a service may run on one signal. Node 20 warns from the eleventh listener on. */
const MANY = 50

const many = <T>(make: (n: number) => T): T[] => Array.from({ length: MANY }, (_, n) => make(n))

const s3 = await LocalS3.start({ buckets: ['bucket'] })
const client = new S3Client(s3.clientConfig())
await s3.put('bucket', 'k', Buffer.alloc(3 * 2 ** 20))
t.teardown(async () => {
  client.destroy()
  await s3.close()
})
const place = { client, bucket: 'bucket', key: 'k' }

/** A source that never answers, but obeys its signal. */
const silent: RandomAccess = {
  name: 'silent',
  size: signal =>
    new Promise((_resolve, reject) => {
      const end = () => reject(signal!.reason as Error)
      if (signal?.aborted) end()
      signal?.addEventListener('abort', end)
    }),
  read: () => Readable.from([]) as AsyncIterable<Buffer>,
}

t.test(
  'shares a signal among fifty of each stage without a warning, and ends all of them on an abort',
  async t => {
    const warnings = noWarning(t)
    const folder = t.testdir()
    const output = { format: 'matroska', args: [] }
    const stages: Record<string, (signal: AbortSignal, n: number) => Readable | Writable> = {
      S3RangeReadable: signal => new S3RangeReadable({ ...place, signal }),
      S3MultipartWritable: signal => new S3MultipartWritable({ ...place, key: 'new', signal }),
      FfmpegTransform: signal => new FfmpegTransform({ output, signal }),
      FfmpegReadable: signal => new FfmpegReadable({ input: { source: silent }, output, signal }),
      FfmpegProcess: signal => {
        const ffmpeg = new FfmpegProcess({ inputs: [{}], outputs: [output], signal })
        ffmpeg.result.catch(() => undefined)
        ffmpeg.inputs[0]!.on('error', () => undefined)
        return ffmpeg.outputs[0]!
      },
      Fmp4Validator: signal => new Fmp4Validator({ signal }),
      FaststartMp4: signal => new FaststartMp4({ signal }),
      DeferredHeader: signal => new DeferredHeader({ format: 'wav', signal }),
      FileWritable: (signal, n) => new FileWritable({ path: `${folder}/${n}`, signal }),
      CmafPackager: signal => {
        const packager = new CmafPackager({ storage: new DirectoryStorage({ path: folder }), signal })
        packager.result.catch(() => undefined)
        return packager.rendition({ name: 'a' })
      },
    }
    for (const [name, make] of Object.entries(stages)) {
      const controller = new AbortController()
      const made = many(n => make(controller.signal, n))
      await warnings(name)
      t.equal(getEventListeners(controller.signal, 'abort').length, 1, `${name} has one listener`)
      const closed = made.map(stage =>
        once(
          stage.on('error', () => undefined),
          'close',
        ).catch(() => undefined),
      )
      controller.abort()
      await Promise.all(closed)
      t.equal(getEventListeners(controller.signal, 'abort').length, 0)
      await warnings(`${name}, after the abort`)
    }
  },
)

t.test(
  'shares a signal among fifty of each task without a warning, and ends all of them on an abort',
  async t => {
    const warnings = noWarning(t)
    const drained = async (images: AsyncIterable<unknown>) => {
      for await (const image of images) t.fail(String(image))
    }
    const http = new HttpSource({ url: `${s3.endpoint}/bucket/none` })
    const tasks: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
      'probe of a source': signal => probe(silent, { signal }),
      'probe of a stream': signal => probe(new PassThrough(), { signal }),
      keyframes: signal => keyframes(silent, { signal }),
      clip: signal => buffer(clip({ source: silent, end: 2, signal })),
      thumbnails: signal => drained(thumbnails({ source: silent, count: 2, signal })),
      storyboard: signal => drained(storyboard({ source: silent, every: 1, signal })),
      transcode: signal =>
        transcode({
          input: new PassThrough(),
          outputs: [{ format: 'mp4', args: [], to: new S3MultipartWritable({ ...place, key: 'new' }) }],
          signal,
        }),
      'HttpSource.size': signal => http.size(signal),
      abortStaleUploads: signal => abortStaleUploads({ client, bucket: 'bucket', olderThan: 1000, signal }),
    }
    for (const [name, run] of Object.entries(tasks)) {
      const controller = new AbortController()
      const ends = many(() => run(controller.signal))
      for (const end of ends) end.catch(() => undefined)
      await warnings(name)
      controller.abort()
      await Promise.allSettled(ends)
      await warnings(`${name}, after the abort`)
      t.equal(getEventListeners(controller.signal, 'abort').length, 0, `${name} leaves no listener`)
    }
  },
)

t.test('emits no warning for many concurrent sizes and reads, of one object and of many', async t => {
  const warnings = noWarning(t)
  const { signal } = new AbortController()
  const file = new FileSource({ path: new URL(import.meta.url).pathname })
  const http = new HttpSource({ url: `${s3.endpoint}/bucket/k` })
  for (const given of [undefined, signal]) {
    const one = new S3Source(place)
    const sizes = many(n => (n % 2 === 0 ? one : new S3Source(place)).size(given))
    t.same(new Set(await Promise.all(sizes)), new Set([3 * 2 ** 20]))
    await warnings('size')
    await Promise.all(many(n => buffer(one.read(n, n + 1000, given))))
    await Promise.all(many(n => buffer(file.read(n, n + 100, given))))
    await Promise.allSettled(many(() => http.size(given)))
    await warnings('read')
  }
  await Promise.all(many(() => buffer(new S3RangeReadable({ ...place, signal }))))
  await warnings('whole reads')
  await Promise.all(
    many(async n => {
      const sink = new S3MultipartWritable({ ...place, key: `out-${n}`, signal })
      sink.end('x')
      await sink.result
    }),
  )
  await warnings('whole uploads')
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('emits no warning for fifty requests waiting for a retry', async t => {
  const warnings = noWarning(t)
  const controller = new AbortController()
  s3.clearCalls()
  // Each waits for a minute, or for the longest delay that a service may request.
  s3.fault({ operation: 'GetObject', times: Infinity, status: 503, retryAfter: 60 })
  t.teardown(() => s3.clearFaults())
  const reads = many(() => buffer(new S3Source(place).read(0, 10, controller.signal)))
  for (const read of reads) read.catch(() => undefined)
  while (s3.calls.length < MANY) await setImmediate()
  await warnings()
  controller.abort()
  await Promise.allSettled(reads)
  t.equal(getEventListeners(controller.signal, 'abort').length, 0)
})
