import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MemoryStorage } from '../support/hls.js'

/** The players' files, from node_modules, so that nothing is downloaded. */
export const PLAYER_FILES = {
  'hls.js': 'hls.js/dist/hls.min.js',
  'shaka-player': 'shaka-player/dist/shaka-player.compiled.js',
  'dash.js': 'dashjs/dist/modern/umd/dash.all.min.js',
  'video.js': 'video.js/dist/video.min.js',
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  m4s: 'video/mp4',
  mp4: 'video/mp4',
  jpg: 'image/jpeg',
}

const typeOf = (path: string) => TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'

/** Serves the page, the players, and the packages, each storage under its own name. */
export class Shelf {
  readonly #storages = new Map<string, MemoryStorage>()
  readonly #files = new Map<string, Buffer>()
  readonly #server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://shelf').pathname)
    const bytes = path.startsWith('/stored/') ? this.#stored(path) : this.#file(path)
    const cache = path.startsWith('/player/') ? 'max-age=3600' : 'no-store'
    response.setHeader('cache-control', cache)
    answer(response, bytes, typeOf(path === '/' ? '.html' : path), request.headers.range)
  })

  static async open(): Promise<Shelf> {
    const shelf = new Shelf()
    shelf.#server.listen(0, '127.0.0.1')
    await once(shelf.#server, 'listening')
    return shelf
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Adds a storage and returns its URL. */
  put(name: string, storage: MemoryStorage): string {
    this.#storages.set(name, storage)
    return `${this.url}/stored/${name}`
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #stored(path: string): Buffer | undefined {
    const [, , name = '', ...rest] = path.split('/')
    return this.#storages.get(name)?.objects.get(rest.join('/'))
  }

  #file(path: string): Buffer | undefined {
    const name = path === '/' ? '/page/index.html' : path
    const kept = this.#files.get(name)
    if (kept) return kept
    const player = PLAYER_FILES[name.replace(/^\/player\/(.*)\.js$/, '$1') as keyof typeof PLAYER_FILES] as
      string | undefined
    const isOurs = /^\/page\/[\w-]+\.(?:html|js)$/.test(name)
    if (!isOurs && player === undefined) return undefined
    const bytes = readFileSync(
      new URL(isOurs ? `.${name}` : `../../node_modules/${player!}`, import.meta.url),
    )
    this.#files.set(name, bytes)
    return bytes
  }
}

function answer(response: ServerResponse, bytes: Buffer | undefined, type: string, range?: string): void {
  if (bytes === undefined) {
    response.writeHead(404).end()
    return
  }
  const headers = { 'content-type': type, 'accept-ranges': 'bytes' }
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
  if (!asked) {
    response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes)
    return
  }
  const start = Number(asked[1])
  const end = Math.min(asked[2] === '' ? Infinity : Number(asked[2]) + 1, bytes.length)
  if (start >= end) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    return
  }
  const partial = {
    'content-length': end - start,
    'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
  }
  response.writeHead(206, { ...headers, ...partial }).end(bytes.subarray(start, end))
}
