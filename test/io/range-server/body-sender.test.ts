import { once } from 'node:events'
import { type ServerResponse, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { BodySender } from '../../../lib/io/range-server/body-sender.js'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { ResponsePacer } from '../../../lib/io/range-server/response-pacer.js'
import { LEND, type LentRead } from '../../../lib/io/lent-read.js'
import { KiB, MiB } from '../../../lib/options.js'
import { counted } from '../../support/counted-work.js'
import { SyntheticSource, bytesOf } from '../../support/synthetic-source.js'

const CHUNK = 64 * KiB

/** A read of `size` bytes in chunks that are wiped when they come back. */
class WipedRead implements LentRead {
  readonly prepaid: number = 0
  readonly out: Buffer[] = []
  given = 0
  position = 0
  readonly #size: number
  readonly #chunkSize: number
  /** How many chunks there are before the reader has to wait. */
  readonly #burst: number
  #left: number

  constructor(size: number, chunkSize = CHUNK, burst = 3) {
    this.#size = size
    this.#chunkSize = chunkSize
    this.#burst = this.#left = burst
  }

  get isOver(): boolean {
    return this.position === this.#size
  }

  take(): Buffer | undefined {
    if (this.isOver || this.#left === 0) return undefined
    this.#left--
    const chunk = bytesOf(this.position, Math.min(this.#size, this.position + this.#chunkSize))
    this.position += chunk.length
    this.out.push(chunk)
    return chunk
  }

  onMore(listener: () => void): void {
    setImmediate(() => {
      this.#left = this.#burst
      listener()
    })
  }

  giveBack(): void {
    this.out.shift()!.fill(0xdb)
    this.given++
  }

  keep(): void {
    throw new Error('kept')
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Sends `reading` over a real connection; returns what the client gets, and how sending ended. */
async function overHttp(t: Test, reading: WipedRead, unread = 0) {
  const done = { sent: Promise.resolve() }
  const server = createServer((_request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const pace = new ResponsePacer(async () => unread)
    done.sent = new BodySender(reading, response, {
      pace,
      signal: gone.signal,
      onBytes: () => undefined,
    }).sent
    done.sent.then(
      () => response.end(),
      () => response.destroy(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false })
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { destroy(): void }]
  return { response, done, server }
}

t.test('gives each chunk back when it is written, and not before', async t => {
  for (const [chunkSize, burst] of [
    [CHUNK, 3],
    [CHUNK, 1],
    [200_000, 2],
    [999, 50],
  ] as const) {
    const size = 40 * chunkSize + 5
    const reading = new WipedRead(size, chunkSize, burst)
    const { response, done } = await overHttp(t, reading)
    const parts: Buffer[] = []
    for await (const part of response) parts.push(part as Buffer)
    await done.sent
    t.ok(Buffer.concat(parts).equals(bytesOf(0, size)), `chunks of ${chunkSize}`)
    t.equal(reading.out.length, 0)
    t.equal(reading.given, 41)
  }
})

t.test('gives everything back when the client is gone, once', async t => {
  const reading = new WipedRead(1e9, CHUNK, Infinity)
  const { response, done } = await overHttp(t, reading)
  await once(response, 'readable')
  // Chunks wait for a client that does not read: in the end, the kernel takes no more.
  while (reading.out.length === 0) await new Promise(setImmediate)
  response.destroy()
  await t.rejects(done.sent, { name: 'AbortError' })
  while (reading.out.length > 0) await new Promise(setImmediate)
  t.equal(reading.given * CHUNK, reading.position)
})

t.test('gives a chunk back that the pacer holds when the client is gone', async t => {
  const reading = new WipedRead(1e9, 200_000, Infinity)
  const { response, done } = await overHttp(t, reading, 1e9)
  response.resume()
  // 256 KiB are sent at first: the second chunk is written in part.
  while (reading.given < 1) await new Promise(setImmediate)
  t.equal(reading.out.length, 1)
  response.destroy()
  await t.rejects(done.sent, { name: 'AbortError' })
  t.equal(reading.out.length, 0)
})

/** A response whose client takes everything at once. */
const swallower = () =>
  new Writable({ write: (_chunk, _encoding, callback) => callback() }) as unknown as ServerResponse

t.test('checks a client once a block, and fetches the next one only then', async t => {
  const source = new SyntheticSource(1000 * MiB)
  const cache = new BlockCache(source, { cacheSize: 8 * MiB })
  let sent = 0
  const seen: [sent: number, reads: number][] = []
  // A client that reads nothing at the first two looks, and all at the others.
  const unread = async () => {
    seen.push([sent, cache.reads])
    return seen.length < 3 ? sent : 0
  }
  const gone = new AbortController()
  const sender = new BodySender(await cache[LEND](0, 3 * MiB), swallower(), {
    pace: new ResponsePacer(unread),
    signal: gone.signal,
    onBytes: bytes => (sent += bytes),
  })
  await sender.sent
  t.equal(sent, 3 * MiB)
  t.same(
    seen.slice(0, 3),
    [
      [MiB, 1],
      [MiB, 1],
      [MiB, 1],
    ],
    'the first block costs no look, and no look costs another block',
  )
  t.ok(seen.length <= 4, `${seen.length} looks for three blocks`)
  await cache.close()
})

t.test('takes larger chunks once the client may have any number of bytes', async t => {
  const reading = new WipedRead(40 * MiB)
  const take = reading.take.bind(reading)
  const asked = new Set<number | undefined>()
  reading.take = (most?: number) => (asked.add(most), take())
  await new BodySender(reading, swallower(), {
    pace: new ResponsePacer(async () => 0),
    signal: new AbortController().signal,
    onBytes: () => undefined,
  }).sent
  t.same([...asked], [64 * KiB, 256 * KiB])
})

t.test('rejects with the error of the read, after the bytes before it', async t => {
  const failure = new Error('on purpose')
  const reading = new WipedRead(1e6)
  reading.take = () => {
    throw failure
  }
  const response = swallower()
  const { signal } = new AbortController()
  const pace = new ResponsePacer(async () => 0)
  const { sent } = new BodySender(reading, response, { pace, signal, onBytes: () => undefined })
  await t.rejects(sent, failure)
  t.equal(response.listenerCount('drain'), 0)
})

t.test('makes no promise for a chunk: whether it waits for bytes, or for the socket', async t => {
  const costs: number[] = []
  for (const count of [16, 1024]) {
    const sink = new Writable({
      highWaterMark: CHUNK,
      write: (_chunk, _encoding, callback) => setImmediate(callback),
    })
    const reading = new WipedRead(count * 1024, 1024, 2)
    const pace = new ResponsePacer(async () => 0)
    const { signal } = new AbortController()
    // A client that has read this much is held back no longer.
    pace.sent(16 * MiB)
    await pace.ready(1, signal)
    const { promises } = await counted(
      () =>
        new BodySender(reading, sink as unknown as ServerResponse, { pace, signal, onBytes: () => undefined })
          .sent,
    )
    costs.push(promises)
    t.equal(reading.position, count * 1024)
  }
  t.ok(Math.max(...costs) <= 10, `${costs.join(' and ')} promises for 16 and 1024 chunks`)
})
