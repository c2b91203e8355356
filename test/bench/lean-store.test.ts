import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import t, { type Test } from 'tap'
import { LeanStore } from '../../bench/support/lean-store.js'
import { rawUpload } from '../../bench/support/raw-upload.js'
import { KiB, MiB } from '../../lib/options.js'
import { LocalS3, type LocalS3Options } from '../../lib/testing/index.js'
import { MemoryContent } from '../../lib/testing/store/memory-content.js'
import { checksumOf } from '../../lib/testing/wire/checksum.js'
import { patterned } from '../testing/patterned.js'

const OPTIONS = { buckets: ['bench'], etag: 'opaque', publicRead: true } as const
const content = patterned(2 * MiB)

async function start(t: Test, options: Pick<LocalS3Options, 'pace'> = {}) {
  const store = await LeanStore.start({ ...OPTIONS, ...options })
  store.put('bench', 'source', new MemoryContent([content.subarray(0, MiB), content.subarray(MiB)]))
  const client = new S3Client({ ...store.clientConfig(), maxAttempts: 1 })
  t.teardown(async () => {
    client.destroy()
    await store.close()
  })
  return { store, client }
}

const SOURCE = { Bucket: 'bench', Key: 'source' }
const TARGET = { Bucket: 'bench', Key: 'target' }

t.test('serves ranges, conditions and listings to the SDK, and logs them', async t => {
  const { store, client } = await start(t)
  const Range = `bytes=${MiB - 5}-${MiB + 4}`
  const { Body, ETag, ContentRange } = await client.send(new GetObjectCommand({ ...SOURCE, Range }))
  t.same(Buffer.from(await Body!.transformToByteArray()), content.subarray(MiB - 5, MiB + 5))
  t.equal(ContentRange, `bytes ${MiB - 5}-${MiB + 4}/${2 * MiB}`)
  const whole = await client.send(new GetObjectCommand({ ...SOURCE, IfMatch: ETag! }))
  t.ok(content.equals(Buffer.from(await whole.Body!.transformToByteArray())))
  t.match(await client.send(new HeadObjectCommand(SOURCE)), { ContentLength: 2 * MiB, ETag })
  const stale = client.send(new GetObjectCommand({ ...SOURCE, IfMatch: '"other"' }))
  await t.rejects(stale, { message: /pre-conditions/ })
  const past = client.send(new GetObjectCommand({ ...SOURCE, Range: `bytes=${2 * MiB}-` }))
  await t.rejects(past, { name: 'InvalidRange' })
  t.match(await client.send(new ListObjectsV2Command({ Bucket: 'bench' })), { KeyCount: 1 })
  await store.idle()
  t.same(
    store.calls.map(({ operation, status, range, bytesOut }) => [operation, status, range, bytesOut]),
    [
      ['GetObject', 206, Range, 10],
      ['GetObject', 200, undefined, 2 * MiB],
      ['HeadObject', 200, undefined, 0],
      ['GetObject', 412, undefined, store.calls[3]!.bytesOut],
      ['GetObject', 416, `bytes=${2 * MiB}-`, store.calls[4]!.bytesOut],
      ['ListObjectsV2', 200, undefined, store.calls[5]!.bytesOut],
    ],
  )
  t.equal(new Set(store.calls.map(({ connection }) => connection)).size, 1, 'over one connection')
  store.clearCalls()
  t.same(store.calls, [])
})

t.test('discards uploads and returns their checksums', async t => {
  const { store, client } = await start(t)
  const given = { ...TARGET, ChecksumCRC32: checksumOf('CRC32', content) }
  const put = await client.send(new PutObjectCommand({ ...given, Body: content }))
  t.match(put, { ChecksumCRC32: given.ChecksumCRC32, ChecksumType: 'FULL_OBJECT' })
  const kind = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...TARGET, ...kind }))
  const whole = Buffer.concat([content, content, content, content])
  const Parts = await Promise.all(
    [whole.subarray(0, 5 * MiB), whole.subarray(5 * MiB)].map(async (Body, i) => {
      const part = { ...TARGET, UploadId, PartNumber: i + 1, ChecksumCRC32: checksumOf('CRC32', Body) }
      const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...part, Body }))
      t.equal(ChecksumCRC32, part.ChecksumCRC32)
      return { ETag, ChecksumCRC32, PartNumber: i + 1 }
    }),
  )
  const done = { ...TARGET, UploadId, MultipartUpload: { Parts } }
  const completed = await client.send(new CompleteMultipartUploadCommand(done))
  t.match(completed, { ChecksumCRC32: checksumOf('CRC32', whole), ChecksumType: 'FULL_OBJECT' })
  t.match(await client.send(new HeadObjectCommand(TARGET)), { ContentLength: 8 * MiB })
  // A stream comes in chunks of HTTP around chunks with a trailer.
  const upload = new Upload({ client, params: { ...TARGET, Body: Readable.from(slices(whole)) } })
  await upload.done()
  t.match(await client.send(new HeadObjectCommand(TARGET)), { ContentLength: 8 * MiB })
  const framed = { ...TARGET, Body: Readable.from(slices(content)), ContentLength: content.length }
  await client.send(new PutObjectCommand({ ...framed, ChecksumAlgorithm: 'CRC32' }))
  t.match(await client.send(new HeadObjectCommand(TARGET)), { ContentLength: content.length })
  t.ok(
    store.calls.some(({ headers }) => headers['transfer-encoding'] === 'chunked'),
    'a body was chunked',
  )
  const arena = { client: store.clientConfig(), bucket: 'bench', key: '', file: '', size: 0 }
  const window = { partSize: 5 * MiB, concurrency: 2 }
  const raw = Readable.from(slices(whole), { objectMode: false })
  t.equal(await rawUpload({ ...arena, library: '', peers: {} }, raw, window), 8 * MiB)
})

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_001) yield bytes.subarray(at, at + 100_001)
}

/** Sends bytes in pieces of a size, and returns all that comes back until the end. */
async function exchange(endpoint: string, pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(Number(new URL(endpoint).port), '127.0.0.1')
  socket.setNoDelay(true)
  let said = ''
  socket.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')))
  for (const piece of pieces) {
    socket.write(piece)
    await turn()
  }
  await once(socket, 'close')
  return said
}

t.test('sends the same bytes as LocalS3', async t => {
  const { store } = await start(t)
  const local = await LocalS3.start({ ...OPTIONS, discard: true })
  t.teardown(() => local.close())
  local.putSynthetic('bench', 'source', content.length, (start, end) => content.subarray(start, end))
  const get = 'GET /bench/source HTTP/1.1\r\nHost: x\r\n'
  const put = 'PUT /bench/target HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
  const requests: Record<string, readonly string[]> = {
    'a range': [`${get}Range: bytes=1-9\r\nConnection: close\r\n\r\n`],
    'one after the other': [
      `${get}Range: bytes=1-9\r\n\r\n`,
      `${get}Connection: close\r\nRange: bytes=3-\r\n\r\n`,
    ],
    'a head': ['HEAD /bench/source HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    'HTTP/1.0': ['GET /bench/source HTTP/1.0\r\nRange: bytes=-3\r\n\r\n'],
    'no such key': ['GET /bench/other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    'past the end': [`${get}Range: bytes=99999999-\r\nConnection: close\r\n\r\n`],
    'another version': [`${get}If-Match: "other"\r\nConnection: close\r\n\r\n`],
    'no signature': [`${put}Content-Length: 5\r\n\r\n`, 'hello'],
    'no signature, before the body': [`${put}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`],
    'a refused chunked body': [`${put}Transfer-Encoding: chunked\r\n\r\n`, '5\r\nhello\r\n0\r\n\r\n'],
    'not HTTP': ['what\r\n\r\n'],
  }
  for (const [name, pieces] of Object.entries(requests)) {
    const one = async (endpoint: string) =>
      (await exchange(endpoint, pieces))
        .replace(/(Date|etag|last-modified|x-amz-request-id): .*/g, '$1')
        .replace(/<RequestId>\w+/g, '')
    const expected = await one(local.endpoint)
    t.ok(expected.startsWith('HTTP/1.1 '))
    t.equal(await one(store.clientConfig().endpoint), expected, name)
  }
})

t.test('asks for the body of a client that waits for it', async t => {
  const { store, client } = await start(t)
  const { hostname: host, port } = new URL(store.clientConfig().endpoint)
  let signed: Record<string, string> = {}
  client.middlewareStack.add(
    next => async args => {
      signed = (args.request as { headers: Record<string, string> }).headers
      return await next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await client.send(new PutObjectCommand({ ...TARGET, Body: 'hello' }))
  const headers = { ...signed, expect: '100-continue' }
  const outgoing = httpRequest({ host, port, method: 'PUT', path: '/bench/target?x-id=PutObject', headers })
  outgoing.flushHeaders()
  await once(outgoing, 'continue')
  outgoing.end('hello')
  const [{ statusCode }] = (await once(outgoing, 'response')) as [{ statusCode: number }]
  t.equal(statusCode, 200)
})

/** Opens a connection and sends the start of a request. */
async function open(store: LeanStore, text: string | Buffer): Promise<Socket> {
  const socket = connect(Number(new URL(store.clientConfig().endpoint).port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const GET = 'GET /bench/source HTTP/1.1\r\nHost: x\r\n\r\n'
const PUT = `PUT /bench/target HTTP/1.1\r\nHost: x\r\nContent-Length: ${2 * MiB}\r\n\r\n`

t.test('keeps the pace both ways, and the time to the first byte', async t => {
  // So slow that no machine gets much further.
  const { store } = await start(t, { pace: { bytesPerSecond: 10 } })
  const reader = await open(store, GET)
  const writer = await open(store, Buffer.concat([Buffer.from(PUT), content]))
  await once(reader, 'data')
  while (!store.calls[1]?.bytesIn) await turn()
  for (let i = 0; i < 100; i++) await turn()
  t.ok(store.calls[0]!.bytesOut < 10_000)
  t.ok(store.calls[1].bytesIn <= 256 * KiB, 'no more than the first read')
  const late = await start(t, { pace: { ttfb: 2 ** 31 - 1 } })
  const waiting = await open(late.store, GET)
  while (late.store.calls.length === 0) await turn()
  for (let i = 0; i < 100; i++) await turn()
  t.match(late.store.calls, [{ status: undefined, endedAt: undefined }])
  for (const socket of [reader, writer, waiting]) socket.destroy()
  // A held body shows no end of its connection: the server closes it.
})

t.test('ends the calls of clients that leave', async t => {
  const { store } = await start(t, { pace: { bytesPerSecond: MiB } })
  const reader = await open(store, GET)
  await once(reader, 'data')
  const writer = await open(store, `${PUT}hello`)
  const half = await open(store, 'GET /bench/source HTT')
  while (store.calls.length < 2) await turn()
  for (const socket of [reader, writer, half]) socket.destroy()
  await store.idle()
  t.same(
    store.calls.map(({ method, aborted }) => [method, aborted]),
    [
      ['GET', true],
      ['PUT', true],
    ],
  )
})
