import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { LEND } from '../../../lib/io/lent-read.js'
import { markOwn } from '../../../lib/io/own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../../../lib/io/random-access.js'
import { RangeServer } from '../../../lib/io/range-server/range-server.js'
import { KiB, MiB } from '../../../lib/options.js'
import { counted } from '../../support/counted-work.js'

const SIZE = 64 * MiB
const CACHE = 8 * MiB
const PIECES = CACHE / (256 * KiB)

/** A source that makes no promise for a chunk, copies nothing, and reports its bytes in steps of `step`. */
class CheapSource implements RandomAccess {
  readonly #step: number

  constructor(step: number) {
    this.#step = step
    markOwn(this)
  }

  size(): Promise<number> {
    return Promise.resolve(SIZE)
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    const bytes = Buffer.alloc(this.#step, 7)
    for (let at = start; at < end; at += bytes.length) yield bytes.subarray(0, end - at)
  }

  readInto(
    _start: number,
    memory: Uint8Array | readonly Uint8Array[],
    { signal, onProgress }: ReadIntoOptions = {},
  ): Promise<void> {
    const pieces = [memory].flat<readonly (Uint8Array | readonly Uint8Array[])[]>()
    let left = pieces.reduce((sum, { length }) => sum + length, 0)
    for (const piece of pieces) piece.fill(7)
    return new Promise((resolve, reject) => {
      const step = () => {
        if (signal?.aborted) reject(Object.assign(new Error('cancelled'), { name: 'AbortError' }))
        else if (left === 0) resolve()
        else {
          const bytes = Math.min(this.#step, left)
          left -= bytes
          onProgress?.(bytes)
          setImmediate(step)
        }
      }
      setImmediate(step)
    })
  }
}

/** Reads all of a cache by lent chunks; returns their number. */
async function drain(cache: BlockCache): Promise<number> {
  let chunks = 0
  const reading = await cache[LEND](0, SIZE)
  await new Promise<void>((resolve, reject) => {
    const take = () => {
      try {
        for (let chunk = reading.take(); chunk !== undefined; chunk = reading.take()) {
          chunks++
          reading.giveBack()
        }
        if (reading.isOver) resolve()
        else reading.onMore(take)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    take()
  })
  await reading.close()
  return chunks
}

t.test(
  'copies no byte, allocates no more than the cache holds, and makes no promise for a chunk',
  async t => {
    const promises: number[] = []
    for (const step of [16 * KiB, 256 * KiB]) {
      const cache = new BlockCache(new CheapSource(step), { cacheSize: CACHE })
      let chunks = 0
      const cost = await counted(async () => {
        chunks = await drain(cache)
      })
      t.ok(chunks >= SIZE / (64 * KiB), `${chunks} chunks`)
      t.equal(cost.copied, 0)
      t.ok(cost.allocated <= PIECES, `${cost.allocated} buffers for ${SIZE / CACHE} times the cache`)
      t.equal(cache.piecesMade, cost.allocated)
      promises.push(cost.promises)
      t.ok(
        cost.promises <= 25 * cache.reads,
        `${cost.promises} promises for ${cache.reads} reads of the source`,
      )
      await cache.close()
    }
    t.ok(promises[0]! < 2 * promises[1]!, `${promises.join(' and ')}: no more for 16 times as many events`)
  },
)

t.test('copies each byte once from a source without readInto(), into memory that is used again', async t => {
  const inner = new CheapSource(256 * KiB)
  const cache = new BlockCache(
    { size: () => inner.size(), read: (start, end) => inner.read(start, end) },
    { cacheSize: CACHE },
  )
  const cost = await counted(async () => {
    await drain(cache)
  })
  t.equal(cost.copied, SIZE)
  t.ok(cache.piecesMade! <= PIECES, `${cache.piecesMade} pieces`)
  await cache.close()
})

/** A client that requests everything from `start` on, and leaves after `length` bytes. */
async function fetchBytes(server: RangeServer, url: string, start: number, length: number): Promise<number> {
  const { port, username, password } = new URL(server.proxy)
  const token = Buffer.from(`${username}:${password}`).toString('base64')
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    `GET ${url} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${token}\r\nRange: bytes=${start}-\r\n\r\n`,
  )
  let received = 0
  let others = 0
  let head = ''
  socket.on('data', (bytes: Buffer) => {
    let body = bytes
    if (!head.includes('\r\n\r\n')) {
      const before = head.length
      head += bytes.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      body = end === -1 ? bytes.subarray(bytes.length) : bytes.subarray(end + 4 - before)
    }
    received += body.length
    if (!body.every(byte => byte === 7)) others++
    if (received >= length) socket.destroy()
  })
  await once(socket, 'close')
  if (others > 0) throw new Error(`${others} chunks with other bytes`)
  return received
}

for (const [name, ranges] of [
  ['in order', [[0, SIZE]]],
  ['with seeks', Array.from({ length: 24 }, (_, n) => [((n * 37) % 60) * MiB + 1234 * n, MiB] as const)],
] as const) {
  t.test(`serves a client ${name} from as many blocks as the cache has`, async (t: Test) => {
    const cache = new BlockCache(new CheapSource(64 * KiB), { cacheSize: CACHE })
    const server = await RangeServer.start({ onError: error => t.fail(error.message) })
    const { url } = server.add(cache)
    for (const [start, length] of ranges) {
      t.ok((await fetchBytes(server, url, start, length)) >= length)
    }
    await server.close()
    await cache.close()
    t.ok(cache.bytesFetched > 2 * CACHE, `${cache.bytesFetched} bytes fetched`)
    // Chunks that a socket still sends hold their block while another takes its place.
    t.ok(cache.piecesMade! <= PIECES + 4, `${cache.piecesMade} pieces`)
  })
}
