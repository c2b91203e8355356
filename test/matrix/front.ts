import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http'
import { type AddressInfo, type Socket, connect, createServer as createTcpServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import type { FrontAction } from './fault.js'

/** An action of the proxy on the responses of some calls. */
export interface FrontRule {
  readonly fits: (call: {
    readonly method: string
    readonly path: string
    readonly range: string | undefined
  }) => boolean
  readonly nth: number
  readonly times: number
  readonly action: FrontAction
  /** The whole object being read. */
  readonly whole: Buffer
}

/** An active rule. */
export interface ActiveFrontRule extends FrontRule {
  matched: number
  hits: number
}

/** A proxy on the loopback interface, in front of a store: it alters responses as no store would. */
export class Front {
  readonly rules = new Set<ActiveFrontRule>()
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
    (ask, answer) => {
      this.#serve(ask, answer).catch(() => void answer.destroy())
    },
  )
  readonly #port: number

  /** @param port - the store's port */
  constructor(port: number) {
    this.#port = port
    this.#server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket)).on('error', () => undefined)
    })
  }

  /** Its URL, once it listens. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Adds a rule. */
  add(rule: FrontRule): ActiveFrontRule {
    const active = { ...rule, matched: 0, hits: 0 }
    this.rules.add(active)
    return active
  }

  /** Ends it. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #serve(ask: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = decodeURIComponent(ask.url ?? '')
    const call = { method: ask.method ?? '', path, range: ask.headers.range }
    const rule = [...this.rules].find(
      one => one.fits(call) && ++one.matched >= one.nth && one.matched < one.nth + one.times,
    )
    const to = {
      host: '127.0.0.1',
      port: this.#port,
      method: call.method,
      path: ask.url,
      headers: ask.headers,
      agent: false as const,
    }
    if (rule?.action === 'login-page' || rule?.action === 'garbage') {
      rule.hits++
      ask.resume()
      await once(ask, 'end')
      if (rule.action === 'garbage') return void ask.socket.end('SSH-2.0-OpenSSH_9.2\r\n')
      const page = '<!doctype html><title>Welcome</title><p>Log in to use this network.'
      return void answer.writeHead(200, { 'content-type': 'text/html' }).end(page)
    }
    const upstream = request(to)
    upstream.on('error', () => void answer.destroy())
    ask.pipe(upstream)
    ask.once('close', () => ask.complete || upstream.destroy())
    const [reply] = (await once(upstream, 'response')) as [IncomingMessage]
    const { statusCode: status = 502, headers } = reply
    if (rule === undefined || (status > 299 && rule.action !== 'twice'))
      return void reply.pipe(answer.writeHead(status, headers))
    const body = await buffer(reply)
    rule.hits++
    spoil(rule, ask, answer, status, headers, body)
  }
}

function spoil(
  { action, whole }: FrontRule,
  ask: IncomingMessage,
  answer: ServerResponse,
  status: number,
  headers: IncomingMessage['headers'],
  body: Buffer,
): void {
  const end = (code: number, more: IncomingMessage['headers'], bytes: Buffer) => {
    const all = { ...headers, 'content-length': String(bytes.length), ...more }
    answer.writeHead(code, Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
    answer.end(bytes)
  }
  const [, from = '0'] = /bytes=(\d+)-/.exec(ask.headers.range ?? '') ?? []
  const half = body.subarray(0, Math.ceil(body.length / 2))
  const range = `bytes ${from}-${Number(from) + half.length - 1}/${whole.length}`
  switch (action) {
    case 'whole-200': {
      end(200, { 'content-range': undefined }, whole)
      return
    }
    case 'range-200': {
      end(200, { 'content-range': undefined }, body)
      return
    }
    case 'longer': {
      end(status, {}, Buffer.concat([body, Buffer.alloc(1000, 'x')]))
      return
    }
    case 'shorter-206': {
      end(206, { 'content-range': range }, half)
      return
    }
    case 'gzip': {
      end(status, { 'content-encoding': 'gzip' }, gzipSync(body))
      return
    }
    case 'chunked': {
      end(status, { 'content-length': undefined, 'transfer-encoding': 'chunked' }, body)
      return
    }
    default: {
      const lines = Object.entries({ ...headers, 'content-length': String(body.length) })
      const head = lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')
      const once = Buffer.concat([
        Buffer.from(`HTTP/1.1 ${status} OK\r\n${head}\r\n`),
        ask.method === 'HEAD' ? Buffer.alloc(0) : body,
      ])
      ask.socket.write(Buffer.concat([once, once]))
    }
  }
}

/** A TLS proxy in front of a store that damages one byte, once for each connection that `isDue` selects. */
export class DamagedWay {
  readonly #sockets = new Set<Socket>()
  readonly #server
  /** The number of damaged records, by client port. */
  readonly damaged: number[] = []

  /** @param port - the store's port */
  constructor(port: number) {
    this.#server = createTcpServer(client => {
      const store = connect(port, '127.0.0.1')
      let seen = 0
      for (const socket of [client, store]) {
        this.#sockets.add(socket)
        socket.once('close', () => this.#sockets.delete(socket)).on('error', () => undefined)
      }
      client.pipe(store)
      store.on('data', (chunk: Buffer) => {
        seen += chunk.length
        // After the handshake, in the first body longer than its headers; every third connection stays intact.
        if (seen > 6000 && chunk.length > 2000 && this.damaged.length < 1) {
          this.damaged.push(seen)
          chunk[chunk.length - 500]! ^= 1
        }
        client.write(chunk)
      })
      store.once('close', () => client.destroy())
      client.once('close', () => store.destroy())
    })
  }

  /** Its port, once it listens. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends it. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
