import { once } from 'node:events'
import { get, createServer, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import {
  BytesSource,
  DeferredHeader,
  FaststartMp4,
  FfmpegProcess,
  FfmpegReadable,
  FfmpegTransform,
  FileSource,
  FileWritable,
  Fmp4Validator,
  S3RangeReadable,
} from '../../lib/index.js'
import { exists, resources, resourcesSince } from '../support/child.js'
import { ffmpegToPipe, fragmentedMp4, matroska } from '../support/media.js'
import { ChunkedSource } from '../support/sources.js'
import { type OpenStore, stores } from '../support/stores.js'
import { uncaught } from '../support/uncaught.js'

/** A bare `pipe(response)` whose client disconnects: each readable of ours closes, and what feeds it. */

const SIZE = 64 * 1024 * 1024
/** Without an end, and far more than a socket buffers. */
const RAW = { format: 'rawvideo', args: ['-an', '-c:v', 'rawvideo'] }
const LOOP = ['-stream_loop', '-1']

interface Chain {
  /** The stream that is piped into the response, after what feeds it. */
  readonly streams: readonly Readable[]
  readonly spawned?: Promise<number>
}

const pidOf = (stage: {
  once(event: 'spawn', listener: (s: { pid?: number | undefined }) => void): unknown
}) => new Promise<number>(resolve => stage.once('spawn', ({ pid }) => resolve(pid!)))

function ffmpeg(bytes: Buffer): FfmpegReadable {
  const input = { source: new BytesSource({ bytes }), args: LOOP }
  return new FfmpegReadable({ input, output: RAW })
}

/** An fMP4 that repeats its fragments without end would fail the validator; one long enough to fill a socket does not. */
const longFmp4 = () => fragmentedMp4({ seconds: 2, size: '640x360' })

const chains: Record<string, (store: OpenStore, folder: string) => Promise<Chain>> = {
  FfmpegReadable: async () => {
    const stage = ffmpeg(await matroska())
    return { streams: [stage], spawned: pidOf(stage) }
  },
  'FfmpegTransform behind S3RangeReadable': async ({ client, bucket }) => {
    const reader = new S3RangeReadable({ client, bucket, key: 'large.pcm' })
    const stage = new FfmpegTransform({
      input: { format: 's16le' },
      output: { format: 's16le', args: ['-c', 'copy'] },
    })
    return { streams: [reader, reader.pipe(stage)], spawned: pidOf(stage) }
  },
  'two outputs of FfmpegProcess': async () => {
    const input = { source: new BytesSource({ bytes: await matroska() }), args: LOOP }
    const stage = new FfmpegProcess({ inputs: [input], outputs: [RAW, RAW] })
    const [output, other] = stage.outputs as [Readable, Readable]
    other.resume()
    return { streams: [other, output], spawned: pidOf(stage) }
  },
  S3RangeReadable: ({ client, bucket }) =>
    Promise.resolve({ streams: [new S3RangeReadable({ client, bucket, key: 'large.pcm' })] }),
  'createReadStream() of FileSource': (_store, folder) =>
    Promise.resolve({ streams: [new FileSource({ path: `${folder}/large` }).createReadStream()] }),
  'createReadStream() of BytesSource': () =>
    Promise.resolve({ streams: [new BytesSource({ bytes: Buffer.alloc(SIZE) }).createReadStream()] }),
  'Fmp4Validator without the end of its source': async () => {
    const validator = new Fmp4Validator()
    validator.write(await longFmp4())
    return { streams: [validator] }
  },
}

/** A server that pipes into each response, with the response; nothing listens for errors. */
async function serve(t: Test, pipe: (response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((_request, response) => pipe(response)).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const closed = (streams: readonly (Readable | Writable)[]) =>
  Promise.all(
    streams.map(async stream => {
      if (!stream.closed) await new Promise(resolve => stream.once('close', resolve))
    }),
  )

/** Disconnects after the first bytes. */
async function visit(url: string): Promise<void> {
  const request = get(url, { agent: false })
  const [response] = (await once(request, 'response')) as [Readable]
  await once(response, 'data')
  response.on('error', () => undefined)
  request.destroy()
}

t.test('closes every readable and what feeds it, without an uncaught exception', async t => {
  const folder = t.testdir({ large: Buffer.alloc(SIZE) })
  const store = await stores()[0]!.open(t)
  const large = { Bucket: store.bucket, Key: 'large.pcm', Body: Buffer.alloc(SIZE) }
  await store.client.send(new PutObjectCommand(large))
  for (const [name, make] of Object.entries(chains)) {
    const chain = await make(store, folder)
    const thrown = await uncaught(async () => {
      await visit(await serve(t, response => chain.streams.at(-1)!.pipe(response)))
      await closed(chain.streams)
    })
    t.same(thrown, [], name)
    for (const stream of chain.streams) t.match(stream.errored, { code: 'AVIO_ERR_OUTPUT_CLOSED' }, name)
    if (chain.spawned) t.equal(exists(await chain.spawned), false, `${name}: ffmpeg is gone`)
  }
})

t.test('closes a stream that is piped into a response whose client has already left', async t => {
  const stage = ffmpeg(await matroska())
  const thrown = await uncaught(async () => {
    const url = await serve(t, response => {
      response.once('close', () => stage.pipe(response))
      request.destroy()
    })
    const request = get(url, { agent: false }).on('error', () => undefined)
    await closed([stage])
  })
  t.same(thrown, [])
  t.match(stage.errored, { code: 'AVIO_ERR_OUTPUT_CLOSED', message: /ServerResponse that FfmpegReadable/ })
})

t.test('closes a stream that is piped into a response over HTTP/2', async t => {
  const stage = ffmpeg(await matroska())
  const pid = pidOf(stage)
  const server = createHttp2((_request, response) => stage.pipe(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => (session.destroy(), server.close()))
  const request = session.request({ ':path': '/' })
  await once(request, 'data')
  request.on('error', () => undefined).close(8)
  await closed([stage])
  t.match(stage.errored, { code: 'AVIO_ERR_OUTPUT_CLOSED' })
  t.equal(exists(await pid), false)
})

t.test('closes stages with a deferred header when their sink is destroyed', async t => {
  const before = resources()
  const folder = t.testdir({})
  const wav = await ffmpegToPipe(['-f', 'lavfi', '-i', 'sine=d=2', '-f', 'wav'])
  const stages = [
    [new FaststartMp4(), await longFmp4()],
    [new DeferredHeader({ format: 'wav' }), wav],
  ] as const
  for (const [stage, media] of stages) {
    const source = new ChunkedSource(media, { endless: true, chunkSize: 16_384 })
    const sink = new FileWritable({ path: `${folder}/out` })
    source.pipe(stage).pipe(sink)
    await once(sink, 'drain').catch(() => undefined)
    sink.destroy()
    await closed([stage, sink])
    t.match(stage.errored, { code: 'AVIO_ERR_OUTPUT_CLOSED' }, stage.constructor.name)
    source.destroy()
  }
  t.same(await resourcesSince(before), {})
})
