import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { KiB } from '../../options.js'
import { DescriptorWatch } from '../descriptors/descriptor-watch.js'
import { ResponsePacer } from './response-pacer.js'
import { ProxyToken } from './proxy-token.js'
import type { RandomAccess } from '../random-access.js'
import { respond } from './range-response.js'
import { notServed, unservable } from './range-server-errors.js'
import { ProcNetTcp } from './proc-net-tcp.js'
import { UnidentifiedConnections } from './unidentified-connections.js'

/** No name service knows it, or ever will (RFC 6761 §6.4): a child that bypasses the proxy reaches nothing. */
const HOST = 'avio-streams.invalid'
/** How long a connection may be idle after a response, in milliseconds. */
const KEEP_ALIVE_TIMEOUT = 5000
const MAX_HEADER_SIZE = 8 * KiB
/** Connections queued by the kernel while this process is busy. */
const BACKLOG = 4096

/** Callbacks of a {@link RangeServer}. */
export interface RangeServerOptions {
  /**
   * Called once, with the reason the server could not answer: the error of the first read that failed for good,
   * as thrown by the source; a URL that is not served; no descriptor for a connection. ffmpeg itself would only
   * report an input/output error, or nothing at all.
   */
  readonly onError: (error: Error) => void
  /** A number that changes while the job makes progress by means other than this server. */
  readonly progress?: (() => number) | undefined
}

/** A source being served. */
export interface ServedSource {
  /** The URL to pass to ffmpeg after `-i`. It holds no secret and leads nowhere without the proxy. */
  readonly url: string
  /** Body bytes sent. The client may not have read the last of them yet. */
  readonly bytesServed: number
  /** Requests answered. */
  readonly requests: number
}

class Served implements ServedSource {
  bytesServed = 0
  requests = 0

  constructor(
    readonly url: string,
    readonly source: RandomAccess,
  ) {}
}

/**
 * Gives a child that speaks HTTP random access: serves sources on 127.0.0.1, on a random port, for one job.
 *
 * The child uses it *as a proxy*: {@link RangeServer.proxy} goes into its environment as `http_proxy` (with
 * `no_proxy` removed); the source's URL, on a host that does not exist, into its arguments. So the arguments,
 * which any user of the machine can read, hold no secret; and URLs inside hostile media arrive here as well,
 * and get 404. The server never opens a connection.
 *
 * - Without the token in `Proxy-Authorization: Basic` the response is 407. ffmpeg sends the token after the
 *   first 407.
 * - GET and HEAD of a source's exact URL are answered with 200, 206 or 416 (RFC 9110 §14); anything else with
 *   404, or 405 for another method. Anything but HTTP gets 400, and the connection is closed.
 * - A failed read breaks the connection and is reported, see {@link RangeServerOptions}, as is a 404 or 405 for
 *   a client with the token: the child did not get what it requested, and might continue as if it did not
 *   exist. A body never ends short.
 * - A connection that never got through leaves no trace here, and ffmpeg would take it for the end of its
 *   input. So ffmpeg itself must retry until it is answered (`retryArguments`), and can't continue without a
 *   response; a condition that would make it wait forever becomes the job's error, see {@link
 *   DescriptorWatch}. Clients without the token can't keep it out, see {@link UnidentifiedConnections}.
 * - A client that disconnects cancels its read. A client that does not read is sent little, see {@link
 *   ResponsePacer}.
 *
 * **Memory.** For each connection, the chunk being sent, and the source's own memory.
 */
export class RangeServer {
  readonly #server: Server
  readonly #onError: (error: Error) => void
  readonly #token = new ProxyToken()
  readonly #table = new ProcNetTcp()
  readonly #served = new Map<string, Served>()
  readonly #sockets = new Set<Socket>()
  readonly #strangers = new UnidentifiedConnections()
  readonly #watch: DescriptorWatch
  readonly #answers = new Set<Promise<void>>()
  #count = 0
  #failed = false
  #closed: Promise<void> | undefined

  /** Starts a server on 127.0.0.1 and a free port. */
  static async start(options: RangeServerOptions): Promise<RangeServer> {
    const server = new RangeServer(options)
    try {
      await new Promise<void>((resolve, reject) => {
        server.#server.once('error', reject)
        server.#server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
          server.#server.off('error', reject)
          resolve()
        })
      })
    } catch (cause) {
      server.#watch.stop()
      throw unservable(cause)
    }
    server.#server.on('error', (error: Error) => server.#fail(unservable(error)))
    return server
  }

  private constructor({ onError, progress }: RangeServerOptions) {
    this.#onError = onError
    this.#server = createServer({
      maxHeaderSize: MAX_HEADER_SIZE,
      // Not Node's timeout, which would turn ffmpeg away when this process is busy: see
      // UnidentifiedConnections.
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      noDelay: true,
    })
    this.#watch = new DescriptorWatch({
      progress: () => {
        const served = [...this.#served.values()]
        const sum = served.reduce((total, { bytesServed, requests }) => total + bytesServed + requests, 0)
        return sum + (progress?.() ?? 0)
      },
      onExhausted: error => this.#fail(error),
    })
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      this.#strangers.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('request', (request, response) => this.#answer(request, response))
    this.#server.on('connect', (request: IncomingMessage, socket: Socket) => {
      if (this.#knows(request)) {
        hangUp(socket, '405 Method Not Allowed')
        this.#fail(notServed(`CONNECT ${request.url ?? ''}`))
      } else hangUp(socket, '407 Proxy Authentication Required')
    })
    this.#server.on('clientError', (_error, socket) => hangUp(socket, '400 Bad Request'))
  }

  /**
   * The child's `http_proxy`: `http://job:TOKEN@127.0.0.1:PORT`. A secret: for its environment, not its
   * arguments.
   */
  get proxy(): string {
    return `http://${this.#token.credentials}@127.0.0.1:${this.#port}`
  }

  /**
   * Serves `source` from now on, until the server is closed. The caller keeps the source: nothing here closes
   * it.
   *
   * @param name - the last part of its URL, whose extension may tell ffmpeg the format; any character other
   * than a letter, a digit, `.`, `_` or `-` becomes a `_`
   */
  add(source: RandomAccess, name = 'input'): ServedSource {
    const safe = name.replace(/[^A-Za-z0-9._-]/g, '_').slice(-64)
    const path = `/${this.#count++}/${safe === '' || safe === '.' || safe === '..' ? 'input' : safe}`
    const served = new Served(`http://${HOST}${path}`, source)
    this.#served.set(served.url, served)
    // ffmpeg includes the port in its proxy request.
    this.#served.set(`http://${HOST}:80${path}`, served)
    return served
  }

  /** Ends every connection and every read. Resolves when all are cleaned up. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#watch.stop()
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    await Promise.all(this.#answers)
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // A request body is ignored.
    request.resume()
    const { method, url = '' } = request
    const served = this.#served.get(url)
    if (!this.#knows(request)) {
      refuse(response, 407, { 'Proxy-Authenticate': 'Basic realm="avio-streams"' })
      return
    }
    this.#strangers.welcome(request.socket)
    if (method !== 'GET' && method !== 'HEAD') {
      refuse(response, 405, { Allow: 'GET, HEAD' })
      this.#fail(notServed(`${method ?? 'A request'} ${url}`))
    } else if (served === undefined) {
      refuse(response, 404)
      this.#fail(notServed(url))
    } else {
      const answer = this.#serve(served, request, response).finally(() => this.#answers.delete(answer))
      this.#answers.add(answer)
    }
  }

  async #serve(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
    served.requests++
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      await respond(served.source, request, response, {
        pace: this.#paceOf(request.socket),
        signal: gone.signal,
        onBytes: bytes => (served.bytesServed += bytes),
      })
    } catch (error) {
      const isOurOwn = gone.signal.aborted && (error as Error).name === 'AbortError'
      response.destroy()
      if (!isOurOwn) this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    if (this.#failed || this.#closed) return
    this.#failed = true
    this.#onError(error)
  }

  #knows(request: IncomingMessage): boolean {
    return this.#token.isIn(request.headers['proxy-authorization'])
  }

  #paceOf(socket: Socket): ResponsePacer {
    const ports = { local: socket.localPort ?? 0, remote: socket.remotePort ?? 0 }
    return new ResponsePacer(async () => {
      const unread = await this.#table.unread(ports)
      return unread === undefined ? undefined : unread + socket.writableLength
    })
  }
}

/** Sends a status without a body. */
function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0, Connection: 'close' }).end()
}

/** Sends a status on a bare socket, and closes it. */
function hangUp(socket: Duplex, status: string): void {
  socket.on('error', () => undefined)
  if (!socket.writable) socket.destroy()
  else
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => socket.destroy())
}
