import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { Agent, type IncomingMessage, createServer, get, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { createGunzip, createGzip } from 'node:zlib'
import t from 'tap'
import { endUpstream } from '../../../lib/io/pipeline/end-upstream.js'
import { LINK } from '../../../lib/io/pipeline/link.js'

/** A slow sink that ends its source after 100,000 bytes. */
class Enough extends Writable {
  hasEnded: boolean | undefined
  #source: Readable | undefined
  #bytes = 0

  constructor() {
    super()
    this.on('pipe', source => (this.#source = source))
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#bytes += chunk.length
    if (this.#bytes >= 100_000 && this.hasEnded === undefined) {
      this.hasEnded = endUpstream(this.#source!)
      this.emit('early-exit')
    }
    setTimeout(callback, 1)
  }
}

const CHUNK = Buffer.alloc(16_384, 1)

/** An endless source that pushes twice per read, after a delay. */
class Endless extends Readable {
  override _read(): void {
    setTimeout(() => {
      this.push(CHUNK)
      this.push(CHUNK)
    }, 1)
  }
}

/** An endless source that pushes without being read. */
class Pushing extends Readable {
  readonly #timer = setInterval(() => this.push(CHUNK), 1)
  override _read(): void {
    // The timer pushes.
  }
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearInterval(this.#timer)
    callback(error)
  }
}

async function* chunks(): AsyncGenerator<Buffer> {
  for (;;) {
    await setImmediate()
    yield CHUNK
  }
}

const web = () =>
  new ReadableStream<Uint8Array>({
    async pull(controller) {
      await setImmediate()
      controller.enqueue(new Uint8Array(CHUNK))
    },
  })

type Stages = [Readable, ...Duplex[]]

const SOURCES: Record<string, () => Stages> = {
  'a Readable that pushes late': () => [new Endless()],
  'a Readable that pushes at once': () => [
    new Readable({
      read() {
        this.push(CHUNK)
      },
    }),
  ],
  'a Readable that pushes unasked': () => [new Pushing()],
  'a Readable of a generator': () => [Readable.from(chunks())],
  'a Readable of a web stream': () => [Readable.fromWeb(web() as never)],
  'a file': () => [createReadStream('/dev/zero')],
  'the output of a program': () => [spawn('yes', { stdio: ['ignore', 'pipe', 'ignore'] }).stdout],
  'a Duplex of a generator': () => [Duplex.from(chunks())],
  'a PassThrough that is piped into': () => [new Endless().pipe(new PassThrough())],
  'a PassThrough in the pipeline': () => [new Endless(), new PassThrough()],
  'several of them': () => [Readable.from(chunks()), new PassThrough(), new PassThrough()],
  'a transform whose flush fails': () => [
    new Endless(),
    new Transform({
      transform: (chunk, _encoding, callback) => setTimeout(callback, 1, null, chunk),
      flush: callback => callback(new Error('cut')),
    }),
  ],
  'a decompression': () => [new Endless().pipe(createGzip({ level: 0 })), createGunzip()],
}

t.test('ends every kind of source: the pipeline resolves, and nothing is left open', async t => {
  for (const [name, make] of Object.entries(SOURCES)) {
    const stages = make()
    const sink = new Enough()
    await pipeline([...stages, sink])
    t.equal(sink.hasEnded, true, name)
    for (const stage of stages) {
      if (!stage.closed && !stage.destroyed) await once(stage, 'close')
      t.equal(stage.errored, null)
    }
  }
})

t.test('ends the source piped into a PassThrough', async t => {
  const source = new Endless()
  const closed = once(source, 'close')
  await pipeline(source.pipe(new PassThrough()), new Enough())
  await closed
  t.equal(source.errored, null)
})

t.test('returns no socket while the other end is sending', async t => {
  const gone: Promise<unknown>[] = []
  const feed = (out: Writable) => {
    const timer = setInterval(() => out.writable && out.write(CHUNK), 1)
    out.on('error', () => undefined)
    gone.push(once(out, 'close').then(() => clearInterval(timer)))
  }
  const http = createServer((_, response) => feed(response)).listen(0)
  const tcp = createTcpServer(feed).listen(0)
  await Promise.all([once(http, 'listening'), once(tcp, 'listening')])
  t.teardown(() => {
    http.close()
    tcp.close()
  })
  const portOf = (server: typeof http | typeof tcp) => (server.address() as AddressInfo).port
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const answer = async () =>
    ((await once(get({ port: portOf(http), agent }), 'response')) as [IncomingMessage])[0]
  const fetched = async () =>
    Readable.fromWeb((await fetch(`http://127.0.0.1:${portOf(http)}`)).body as never)
  const connected = () => Promise.resolve(connect(portOf(tcp)))
  for (const make of [answer, fetched, connected]) {
    await pipeline(await make(), new Enough())
    await pipeline(await make(), new PassThrough(), new Enough())
  }
  t.equal(gone.length, 6)
  await Promise.all(gone)
  t.same([Object.keys(agent.sockets), Object.keys(agent.freeSockets)], [[], []])
})

t.test('does not end a server request, whose response needs the connection', async t => {
  const server = createServer((message, response) => {
    const sink = new Enough()
    message.pipe(sink)
    sink.once('early-exit', () => response.end(String(sink.hasEnded)))
  }).listen(0)
  await once(server, 'listening')
  t.teardown(() => server.close())
  const asking = request({ port: (server.address() as AddressInfo).port, method: 'POST' })
  asking.on('error', () => undefined)
  for (let n = 0; n < 20; n++) asking.write(CHUNK)
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  t.equal(String(await answer.toArray().then(list => Buffer.concat(list as Buffer[]))), 'false')
  asking.destroy()
})

t.test('stops a source through its link, also behind a PassThrough', async t => {
  for (const behind of [[], [new PassThrough()]]) {
    const source = new Endless()
    let stops = 0
    const stop = () => {
      stops++
      endUpstream(Object.assign(source, { [LINK]: undefined }))
    }
    Object.assign(source, { [LINK]: { stop } })
    await pipeline([source, ...behind, new Enough()])
    t.equal(stops, 1)
  }
})

t.test('does not end a source with other readers', async t => {
  const source = new Endless()
  source.on('data', () => undefined)
  const other = source.pipe(new PassThrough())
  t.equal(endUpstream(source), false, 'the source itself')
  source.unpipe(other)
  await pipeline(source.pipe(new PassThrough()), new Enough())
  await once(source, 'data')
  t.equal(source.readableEnded, false, 'a source behind a PassThrough')
  source.destroy()
})

t.test('does nothing after the end, or if nothing can be pushed', async t => {
  const over = Readable.from([])
  await over.toArray()
  t.equal(endUpstream(over), false)
  const destroyed = new Endless()
  destroyed.destroy()
  t.equal(endUpstream(destroyed), false)
  t.equal(endUpstream(Object.assign(new Endless(), { push: undefined })), false)
})
