import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { WatchedSource } from '../lib/containers/watched-source.js'
import { BlockCache } from '../lib/io/cache/block-cache.js'
import { markOwn } from '../lib/io/own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../lib/io/random-access.js'
import { RangeServer } from '../lib/io/range-server/range-server.js'
import { GiB, KiB, MiB } from '../lib/options.js'
import type { Topic } from './support/topic.js'

const SIZE = 4 * GiB
const CACHE = 32 * MiB
const CHUNK = Buffer.alloc(256 * KiB, 1)
const PAGE = 4 * KiB
/** A turn of the event loop for this many bytes, as from a network. */
const TURN = 256 * KiB
const CLIENT = fileURLToPath(new URL('support/range-client.mjs', import.meta.url))

/** A source that costs next to nothing: the same chunk again and again. */
const chunks: RandomAccess = {
  size: () => Promise.resolve(SIZE),
  async *read(start, end) {
    for (let at = start; at < end; at += CHUNK.length) {
      await new Promise<void>(resolve => setImmediate(resolve))
      yield end - at < CHUNK.length ? CHUNK.subarray(0, end - at) : CHUNK
    }
  },
}

/** Touches every page, as a socket would. */
function fill(piece: Uint8Array): void {
  for (let at = 0; at < piece.length; at += PAGE) piece[at] = 1
}

/** The same, read into memory. */
const filler: RandomAccess = {
  ...chunks,
  readInto: (_start, memory, { signal, onProgress }: ReadIntoOptions = {}) =>
    new Promise((resolve, reject) => {
      const pieces = [memory].flat<readonly (Uint8Array | readonly Uint8Array[])[]>()
      let index = 0
      const next = () => {
        const piece = pieces[index++]
        if (signal?.aborted) reject(Object.assign(new Error('Cancelled'), { name: 'AbortError' }))
        else if (piece === undefined) resolve()
        else {
          fill(piece)
          for (let at = 0; at < piece.length; at += TURN) onProgress?.(Math.min(TURN, piece.length - at))
          setImmediate(next)
        }
      }
      setImmediate(next)
    }),
}
markOwn(filler)

/** One span of the object: its first byte, and the bytes that the client reads. */
export type Span = readonly [start: number, length: number]

/** Has a client in a process of its own read spans; returns the bytes that it received. */
async function receive(proxy: string, url: string, spans: readonly Span[]): Promise<number> {
  const words = spans.map(([start, length]) => `${start}+${length}`)
  const client = spawn(process.execPath, [CLIENT, proxy, url, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return Number(((await client.stdout.toArray()) as Buffer[]).join(''))
}

/**
 * The floor: a server that has nothing to do but to fill memory as the source does, and to write it: as much in turn as a
 * cache has. Less would stay in the processor's cache.
 */
async function serveBare(size: number): Promise<number> {
  const chunks = Array.from({ length: CACHE / CHUNK.length }, () => Buffer.alloc(CHUNK.length, 1))
  const server = createServer((_request, response) => {
    let sent = 0
    const send = () =>
      setImmediate(() => {
        const chunk = chunks[(sent / CHUNK.length) % chunks.length]!
        if (sent >= size) return void response.end()
        fill(chunk)
        sent += chunk.length
        if (response.write(chunk)) send()
      })
    response.writeHead(206, { 'content-length': size }).on('drain', send)
    send()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = `http://any:one@127.0.0.1:${(server.address() as AddressInfo).port}`
  const received = await receive(proxy, 'http://source/', [[0, size]])
  server.close()
  return received
}

/** Serves spans to a client in a process of its own; returns the bytes that it received. */
async function serve(
  source: RandomAccess,
  wrap: (cache: BlockCache) => RandomAccess,
  spans: readonly Span[],
) {
  const cache = new BlockCache(source, { cacheSize: CACHE })
  const failures: Error[] = []
  const server = await RangeServer.start({ onError: error => failures.push(error) })
  try {
    const { url } = server.add(wrap(cache))
    const received = await receive(server.proxy, url, spans)
    if (failures[0] !== undefined) throw failures[0]
    return received
  } finally {
    await server.close()
    await cache.close()
  }
}

/** The two ways of serving the same spans: those that so many bytes take. */
export function contenders(spansOf: (size: number) => readonly Span[]): Topic['contenders'] {
  return {
    'readInto(), lent blocks': ({ size }) =>
      serve(filler, cache => new WatchedSource(cache, undefined), spansOf(size)),
    'read() and a copy, a promise for each chunk': ({ size }) =>
      serve(
        chunks,
        cache => {
          const watched = new WatchedSource(cache, undefined)
          return { size: signal => watched.size(signal), read: (...range) => watched.read(...range) }
        },
        spansOf(size),
      ),
  }
}

export const topic: Topic = {
  title: 'Block cache and range server: the cost of bytes that ffmpeg reads by range',
  setting: 'in order, from a source that costs nothing, to a client in another process; cache of 32 MiB',
  size: SIZE,
  store: 'none',
  // They are parts of the library that no entry point exports: another commit may have none.
  ours: [],
  contenders: {
    ...contenders(size => [[0, size]]),
    'node:http alone': ({ size }) => serveBare(size),
  },
}
