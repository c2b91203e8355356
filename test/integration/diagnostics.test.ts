import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { HttpSource } from '../../lib/io/sources/http-source.js'
import type { RetryMessage } from '../../lib/io/diagnostics/messages.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { KiB, MiB } from '../../lib/options.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { CHANNELS, closing, countPublished, fixed, listen, subscribeTo } from '../support/diagnostics.js'
import { transportStream } from '../support/media.js'
import { presign } from '../support/presign.js'
import { collect } from '../support/random-access-suite.js'
import { uncaught } from '../support/uncaught.js'

const PART = 5 * MiB
const SECRET_KEY = 'sesame-secret-key'

/** An object in a store, and a pipeline that reads it in ranges and writes it in parts, one request at a time. */
async function open(t: Test, media: Buffer) {
  const s3 = await LocalS3.start({ buckets: ['media'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('media', 'in', media)
  const at = { client, bucket: 'media', concurrency: 1, maxAttempts: 3 }
  const source = (options = {}) =>
    new S3RangeReadable({ ...at, key: 'in', verify: 'off', partSize: PART, stallTimeout: 1000, ...options })
  const sink = (options = {}) => new S3MultipartWritable({ ...at, key: 'out', partSize: PART, ...options })
  return { s3, client, source, sink }
}

t.test(
  'tells the requests, retries and parts of a copy in order, with a 503, a reset and a stall',
  async t => {
    const media = Buffer.alloc(PART + 1000, 'x')
    const { s3, source, sink } = await open(t, media)
    const heard = listen(t)
    s3.fault({ operation: 'GetObject', nth: 1, status: 503, code: 'SlowDown' })
    s3.fault({ operation: 'GetObject', nth: 2, stall: 1000 })
    s3.fault({ operation: 'UploadPart', nth: 1, reset: true })
    s3.fault({ operation: 'CompleteMultipartUpload', status: 503, code: 'SlowDown' })
    const retries: [string, RetryMessage][] = []
    const [reader, writer] = [source({ partSize: 512 * KiB }), sink()]
    reader.on('retry', retry => retries.push(['read', retry]))
    writer.on('retry', retry => retries.push(['write', retry]))
    await pipeline(reader, writer)

    const get = { protocol: 's3', operation: 'GetObject', bucket: 'media', key: 'in', bytesSent: 0 }
    const gets = fixed(heard.request.filter(({ operation }) => operation === 'GetObject'))
    t.same(gets.slice(0, 4), [
      {
        ...get,
        byteOffset: 0,
        attempt: 1,
        outcome: 'failed',
        statusCode: 503,
        errorCode: 'SlowDown',
        bytesReceived: 0,
      },
      {
        ...get,
        byteOffset: 0,
        attempt: 2,
        outcome: 'failed',
        statusCode: 206,
        errorCode: 'TimeoutError',
        bytesReceived: 1000,
      },
      {
        ...get,
        byteOffset: 1000,
        attempt: 3,
        outcome: 'ok',
        statusCode: 206,
        bytesReceived: 512 * KiB - 1000,
      },
      { ...get, byteOffset: 512 * KiB, attempt: 1, outcome: 'ok', statusCode: 206, bytesReceived: 512 * KiB },
    ])
    const received = heard.request.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0)
    t.equal(received, media.length, 'each byte was received once')

    const put = { protocol: 's3', bucket: 'media', key: 'out', bytesReceived: 0 }
    const ok = { outcome: 'ok', statusCode: 200 }
    const requests = fixed(heard.request.filter(({ key }) => key === 'out'))
    const parts = { operation: 'UploadPart' }
    t.match(
      requests.find(({ outcome }) => outcome === 'failed'),
      { ...put, ...parts, partNumber: 1, byteOffset: 0, attempt: 1, errorCode: 'ECONNRESET' },
    )
    t.same(
      requests.filter(({ outcome }) => outcome === 'ok'),
      [
        { ...put, operation: 'CreateMultipartUpload', attempt: 1, ...ok, bytesSent: 0 },
        { ...put, ...parts, partNumber: 1, byteOffset: 0, attempt: 2, ...ok, bytesSent: PART },
        { ...put, ...parts, partNumber: 2, byteOffset: PART, attempt: 1, ...ok, bytesSent: 1000 },
        { ...put, operation: 'CompleteMultipartUpload', attempt: 2, ...ok, bytesSent: 0 },
      ],
    )
    t.same(fixed(heard.part), [
      { bucket: 'media', key: 'out', partNumber: 1, byteOffset: 0, bytes: PART, isResumed: false },
      { bucket: 'media', key: 'out', partNumber: 2, byteOffset: PART, bytes: 1000, isResumed: false },
    ])
    const ids = [...heard.request, ...heard.part].map(({ uploadId }) => uploadId)
    t.equal(new Set(ids.filter(id => id !== undefined)).size, 1, 'all name the same upload')

    const retry = { protocol: 's3', bucket: 'media', maxAttempts: 3 }
    const read = { ...retry, operation: 'GetObject', key: 'in' }
    const write = { ...retry, key: 'out' }
    t.same(fixed(heard.retry), [
      { ...read, byteOffset: 0, attempt: 1, statusCode: 503, errorCode: 'SlowDown' },
      { ...read, byteOffset: 1000, attempt: 2, errorCode: 'TimeoutError' },
      { ...write, ...parts, partNumber: 1, byteOffset: 0, attempt: 1, errorCode: 'ECONNRESET' },
      { ...write, operation: 'CompleteMultipartUpload', attempt: 1, statusCode: 503, errorCode: 'SlowDown' },
    ])
    t.strictSame(
      retries.map(([, message]) => message),
      heard.retry,
      'the events have the messages of the channel',
    )
    t.same(
      retries.map(([stage]) => stage),
      ['read', 'read', 'write', 'write'],
    )
    t.equal(heard.request.length, s3.calls.length, 'one message for each call of the store')
  },
)

t.test('tells the stages and the process of a pipeline', async t => {
  const media = await transportStream({ seconds: 2 })
  const { source, sink } = await open(t, media)
  const heard = listen(t)
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })
  let pid: number | undefined
  ffmpeg.on('spawn', child => (pid = child.pid))
  const writer = sink()
  await pipeline(source(), ffmpeg, new Fmp4Validator(), writer)
  const { bytes } = await writer.result
  await closing(writer)

  const of = (stage: string) =>
    heard.stage
      .filter(message => message.stage === stage)
      .map(({ event, direction, bytesIn, bytesOut, errorCode }) => [
        direction ?? event,
        ...(event === 'end' ? [bytesIn, bytesOut] : []),
        ...(errorCode === undefined ? [] : [errorCode]),
      ])
  t.same(of('S3RangeReadable'), [['open'], ['out'], ['end', 0, media.length]])
  t.same(of('FfmpegTransform'), [['open'], ['in'], ['out'], ['end', media.length, bytes]])
  t.same(of('Fmp4Validator'), [['open'], ['in'], ['out'], ['end', bytes, bytes]])
  t.same(of('S3MultipartWritable'), [['open'], ['in'], ['end', bytes, 0]])
  t.same(
    new Set(heard.stage.map(({ name }) => name)),
    new Set(['s3://media/in', 's3://media/out', undefined]),
  )
  t.equal(new Set(heard.stage.map(({ id }) => id)).size, 4)

  const own = heard.process.filter(message => message.pid === pid)
  t.same(fixed(own), [
    { event: 'start', program: 'ffmpeg' },
    { event: 'exit', program: 'ffmpeg', exitCode: 0 },
  ])
})

t.test('tells which stage failed', async t => {
  const { s3, source, sink } = await open(t, Buffer.alloc(1000, 'x'))
  const heard = listen(t)
  s3.fault({ operation: 'GetObject', times: Infinity, status: 403 })
  const [reader, writer] = [source(), sink()]
  await t.rejects(pipeline(reader, writer))
  await writer.result.catch(() => undefined)
  await Promise.all([closing(reader), closing(writer)])
  const ends = heard.stage.filter(({ event }) => event !== 'open')
  t.match(ends[0], { stage: 'S3RangeReadable', event: 'error', errorCode: 'AVIO_ERR_ACCESS_DENIED' })
  t.same(
    ends.map(({ event, stage }) => `${stage} ${event}`),
    ['S3RangeReadable error', 'S3MultipartWritable error'],
  )
})

t.test('has no secret in any message: neither presigned queries, headers, keys nor arguments', async t => {
  const secrets = ['X-Amz-', 'Signature', SECRET_KEY]
  const media = await transportStream({ seconds: 2 })
  const { s3, client, sink } = await open(t, media)
  secrets.push(s3.credentials.secretAccessKey, s3.credentials.accessKeyId)
  const heard = listen(t)
  s3.fault({ operation: 'GetObject', nth: 1, status: 503, code: 'SlowDown' })
  s3.fault({ operation: 'GetObject', nth: 2, reset: true })
  s3.fault({ operation: ['PutObject', 'UploadPart'], nth: 1, status: 503, message: SECRET_KEY })
  const headers = { 'x-token': SECRET_KEY }
  const presigned = new HttpSource({ url: presign(s3, 'media', 'in'), headers })
  const comment = ['-metadata', `comment=${SECRET_KEY}`]
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy', ...comment] } })
  const writer = sink({ metadata: { token: SECRET_KEY } })
  await pipeline(presigned.createReadStream(), ffmpeg, writer)
  await t.rejects(collect(new HttpSource({ url: presign(s3, 'media', 'none') }).read(0, 1)))
  await t.rejects(
    collect(
      new HttpSource({ url: `http://u:${SECRET_KEY}@127.0.0.1:9/?${SECRET_KEY}`, maxAttempts: 2 }).read(0, 1),
    ),
  )
  await t.rejects(pipeline(Readable.from([]), new S3MultipartWritable({ client, bucket: 'none', key: 'x' })))
  const all = JSON.stringify(heard)
  for (const name of CHANNELS) {
    if (name !== 'part') t.ok(heard[name].length > 0, `something was heard on ${name}`)
  }
  for (const secret of secrets) t.notOk(all.includes(secret), secret)
})

t.test('publishes nothing without a subscriber', async t => {
  const media = await transportStream({ seconds: 2 })
  const { s3, source, sink } = await open(t, media)
  const published = countPublished(t)
  s3.fault({ operation: 'GetObject', nth: 1, status: 503 })
  s3.fault({ operation: ['PutObject', 'UploadPart'], nth: 1, status: 503 })
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })
  const stages = [source(), ffmpeg, sink({ partSize: PART })] as const
  await pipeline(...stages)
  s3.fault({ operation: 'GetObject', nth: 1, status: 503 })
  await collect(new HttpSource({ url: presign(s3, 'media', 'in') }).read(0, 10))
  await pipeline(Readable.from([Buffer.alloc(PART + 1)], { objectMode: false }), sink())
  t.equal(published(), 0)
  for (const stage of stages) {
    for (const method of ['push', '_write', '_writev'])
      t.notOk(Object.hasOwn(stage, method), `${stage.constructor.name} has its own ${method}`)
  }
  listen(t)
  await pipeline(source(), sink({ key: 'again' }))
  t.ok(published() > 0, 'the count would have seen it')
})

t.test('a subscriber that throws breaks neither a read nor an upload', async t => {
  const media = await transportStream({ seconds: 2 })
  const { s3, source, sink } = await open(t, media)
  s3.fault({ operation: 'GetObject', nth: 1, status: 503 })
  s3.fault({ operation: 'UploadPart', nth: 1, status: 503 })
  let calls = 0
  for (const name of CHANNELS) {
    subscribeTo(t, name, () => {
      throw new Error(`mine ${++calls}`)
    })
  }
  const reader = source()
  reader.on('retry', () => {
    throw new Error(`mine ${++calls}`)
  })
  const writer = sink({ key: 'out' })
  const big = sink({ key: 'big' })
  const thrown = await uncaught(async () => {
    await pipeline(reader, new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } }), writer)
    await pipeline(Readable.from([Buffer.alloc(PART + 1)], { objectMode: false }), big)
    await Promise.all([writer.result, big.result])
    await Promise.all([closing(writer), closing(big)])
  })
  t.ok(s3.head('media', 'out'))
  t.equal(s3.head('media', 'big')?.size, PART + 1)
  t.ok(calls > 10)
  t.equal(thrown.length, calls, 'each error is an uncaught exception, as from any listener')
})
