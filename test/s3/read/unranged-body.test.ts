import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { linkOf } from '../../../lib/io/pipeline/link.js'
import { S3Source } from '../../../lib/s3/s3-source.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { fixed, listen } from '../../support/diagnostics.js'
import { fakeStore } from '../../support/fake-store.js'
import { audioInput, ffmpegToFile } from '../../support/media.js'
import { pattern } from '../../support/reading.js'

const MiB = 2 ** 20
const SIZE = 3 * MiB
const OBJECT = { bucket: 'bucket', key: 'k' } as const

type Answer = (response: ServerResponse, nth: number, request: IncomingMessage) => void

/** A store without range support: it always sends all `bytes`, unless `answer` handles the request. */
async function store(t: Test, bytes: Buffer, answer?: Answer) {
  const requests: { range: string | undefined; ifMatch: string | undefined }[] = []
  const responses: ServerResponse[] = []
  const server = createServer((request, response) => {
    if (request.method === 'HEAD') return void response.writeHead(403).end()
    requests.push({ range: request.headers.range, ifMatch: request.headers['if-match'] })
    responses.push(response)
    response.setHeader('etag', '"one"')
    response.setHeader('content-length', bytes.length)
    if (answer && request.headers.range === undefined) answer(response, requests.length, request)
    else response.end(bytes)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  t.teardown(() => {
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { client, requests, responses }
}

/** Sends `bytes` as fast as the connection accepts them. */
function send(bytes: Buffer, response: ServerResponse, sent: { written: number }): void {
  while (sent.written < bytes.length) {
    const chunk = bytes.subarray(sent.written, sent.written + 64 * 1024)
    sent.written += chunk.length
    if (!response.write(chunk)) return void response.once('drain', () => send(bytes, response, sent))
  }
  response.end()
}

t.test('reads a whole object from a store that ignores ranges', async t => {
  const bytes = pattern(0, SIZE)
  const { client, requests } = await store(t, bytes)
  const source = new S3RangeReadable({ client, ...OBJECT })
  t.ok((await buffer(source)).equals(bytes))
  t.same(
    requests.map(({ range }) => range),
    ['bytes=0-524287', undefined],
    'the second request is for the whole object',
  )
  t.equal(source.info?.size, SIZE)
})

t.test('reads up to the end of the object, or of the read', async t => {
  for (const end of [600 * 1024, SIZE - 1, SIZE, SIZE + 1]) {
    const bytes = pattern(0, SIZE)
    const { client, responses } = await store(t, bytes)
    const read = await buffer(new S3RangeReadable({ client, ...OBJECT, end }))
    t.ok(read.equals(bytes.subarray(0, end)), `${end}`)
    if (end < SIZE && !responses.at(-1)!.writableFinished) await once(responses.at(-1)!, 'close')
  }
})

t.test('skips the bytes already there after a broken connection', async t => {
  const bytes = pattern(0, SIZE)
  const { client, requests } = await store(t, bytes, (response, nth) => {
    if (nth > 3) return void response.end(bytes)
    response.write(bytes.subarray(0, nth * MiB - 12345), () => response.destroy())
  })
  t.ok((await buffer(new S3RangeReadable({ client, ...OBJECT }))).equals(bytes))
  t.equal(requests.length, 4)
  t.same(
    requests.slice(1).map(({ ifMatch }) => ifMatch),
    [undefined, '"one"', '"one"'],
    'retries require the same version',
  )
})

t.test('rejects a changed object, and a body that ends early each time', async t => {
  const bytes = pattern(0, SIZE)
  const changed = await store(t, bytes, (response, nth) => {
    if (nth > 2) response.setHeader('etag', '"two"')
    if (nth > 2) return void response.end(bytes)
    response.write(bytes.subarray(0, MiB), () => response.destroy())
  })
  await t.rejects(buffer(new S3RangeReadable({ client: changed.client, ...OBJECT })), {
    code: 'AVIO_ERR_OBJECT_CHANGED',
  })
  const broken = await store(t, bytes, response => {
    response.write(bytes.subarray(0, MiB), () => response.destroy())
  })
  await t.rejects(buffer(new S3RangeReadable({ client: broken.client, ...OBJECT, maxAttempts: 2 })), {
    code: 'AVIO_ERR_READ_FAILED',
    message: /s3:\/\/bucket\/k/,
    attempts: 2,
  })
})

t.test('times out on silence, and requests the rest again', async t => {
  const bytes = pattern(0, SIZE)
  const { client, requests } = await store(t, bytes, (response, nth) => {
    if (nth === 2) response.write(bytes.subarray(0, MiB))
    else response.end(bytes)
  })
  const source = new S3RangeReadable({ client, ...OBJECT, stallTimeout: 1000 })
  t.ok((await buffer(source)).equals(bytes))
  t.equal(requests.length, 3)
})

t.test('accepts a slow connection', async t => {
  const bytes = pattern(0, 700 * 1024)
  const { client, requests } = await store(t, bytes, response => {
    let at = 0
    const timer = setInterval(() => {
      response.write(bytes.subarray(at, (at += 16 * 1024)))
      if (at < bytes.length) return
      clearInterval(timer)
      response.end()
    }, 60)
  })
  const source = new S3RangeReadable({ client, ...OBJECT, stallTimeout: 1500 })
  t.ok((await buffer(source)).equals(bytes))
  t.equal(requests.length, 2)
})

t.test('rejects a body longer than its length', async t => {
  const bytes = pattern(0, MiB)
  const client = fakeStore(() => ({
    status: 200,
    headers: { etag: '"one"', 'content-length': String(bytes.length) },
    body: Readable.from([bytes, Buffer.alloc(1)]),
  }))
  await t.rejects(buffer(new S3RangeReadable({ client, ...OBJECT })), {
    code: 'AVIO_ERR_BAD_RESPONSE',
    message: /more than bytes/,
  })
})

t.test('pauses the connection for a slow consumer, without a stall', async t => {
  const size = 64 * MiB
  const bytes = pattern(0, size)
  const sent = { written: 0 }
  const { client, requests } = await store(t, bytes, response => send(bytes, response, sent))
  const source = new S3RangeReadable({ client, ...OBJECT, stallTimeout: 1000, readAhead: 2 * MiB })
  const chunks: Buffer[] = []
  for await (const chunk of source) {
    chunks.push(chunk as Buffer)
    if (chunks.length === 1) await delay(2500)
    if (chunks.length === 1) t.ok(sent.written < size / 2, `${sent.written} bytes were sent`)
  }
  t.ok(Buffer.concat(chunks).equals(bytes))
  t.equal(requests.length, 2)
})

t.test('leaves nothing open when cancelled or stopped between two ranges', async t => {
  for (const end of ['destroy', 'stop'] as const) {
    const bytes = pattern(0, 32 * MiB)
    const sent = { written: 0 }
    const { client, responses } = await store(t, bytes, response => send(bytes, response, sent))
    const source = new S3RangeReadable({ client, ...OBJECT, readAhead: MiB })
    source.on('error', () => undefined)
    const iterator = source[Symbol.asyncIterator]()
    await iterator.next()
    await delay(50)
    if (end === 'destroy') source.destroy()
    else linkOf(source)!.stop!()
    const last = responses.at(-1)!
    if (!last.closed) await once(last, 'close')
    t.ok(sent.written < bytes.length, `${end}: ${sent.written} bytes were sent`)
  }
})

t.test('offers no random access for such a store: ffmpeg gets the bytes in order', async t => {
  const wide = await ffmpegToFile(audioInput({ seconds: 8, channels: 2 }), 'a.wav')
  t.ok(wide.length > MiB)
  const { client } = await store(t, wide)
  const source = new S3RangeReadable({ client, ...OBJECT })
  const stage = new FfmpegTransform({ output: { format: 'framecrc', args: ['-c', 'copy'] } })
  const seeks: string[] = []
  stage.on('seek', ({ reason }) => seeks.push(reason))
  const [, text] = await Promise.all([pipeline(source, stage), buffer(stage)])
  t.ok(text.length > 0)
  t.same(seeks, [])
  t.equal(linkOf(source)!.randomAccess, undefined)
})

t.test('rejects a partial read or a seek', async t => {
  const { client } = await store(t, pattern(0, SIZE))
  const refused = { code: 'AVIO_ERR_BAD_RESPONSE', message: /it ignores the Range header/ }
  await t.rejects(buffer(new S3RangeReadable({ client, ...OBJECT, start: 1 })), refused)
  const object = new S3Source({ client, ...OBJECT })
  const read = async () => {
    for await (const chunk of object.read(0, 10)) return chunk
    return undefined
  }
  await t.rejects(read(), refused)
})

t.test('reports a body as one request, when it is over', async t => {
  const bytes = pattern(0, SIZE)
  const { client } = await store(t, bytes, (response, nth) => {
    if (nth > 2) response.end(bytes)
    else response.write(bytes.subarray(0, MiB), () => response.destroy())
  })
  const { request } = listen(t)
  t.ok((await buffer(new S3RangeReadable({ client, ...OBJECT, verify: 'off' }))).equals(bytes))
  const get = {
    protocol: 's3',
    operation: 'GetObject',
    ...OBJECT,
    byteOffset: 0,
    statusCode: 200,
    bytesSent: 0,
  }
  t.same(fixed(request), [
    { ...get, attempt: 1, outcome: 'aborted', bytesReceived: 0 },
    { ...get, attempt: 1, outcome: 'failed', errorCode: 'ECONNRESET', bytesReceived: MiB },
    { ...get, attempt: 2, outcome: 'ok', bytesReceived: SIZE },
  ])
})

t.test('reports a body that is no longer wanted as aborted', async t => {
  const { client } = await store(t, pattern(0, SIZE))
  const { request } = listen(t)
  await buffer(new S3RangeReadable({ client, ...OBJECT, end: MiB, verify: 'off' }))
  t.match(request, [
    { outcome: 'aborted', bytesReceived: 0 },
    { outcome: 'aborted', statusCode: 200 },
  ])
  t.ok(request[1]!.bytesReceived >= MiB)
})
