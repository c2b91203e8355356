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

/** No name service knows it, nor ever will (RFC 6761 §6.4): a child that does not use the proxy reaches nothing. */
const HOST = 'avio-streams.invalid'
/** How long a connection may be idle after an answer, in milliseconds. */
const KEEP_ALIVE_TIMEOUT = 5000
const MAX_HEADER_SIZE = 8 * KiB
/** Connections that the kernel keeps while this process is busy. */
const BACKLOG = 4096

/** What a {@link RangeServer} reports to. */
export interface RangeServerOptions {
  /**
   * Called once, with whatever kept the server from answering: the error by which the first read failed for good, as
   * the source threw it, an address that is not served, no descriptor for a connection. ffmpeg itself would only tell of
   * an input/output error, or of nothing at all.
   */
  readonly onError: (error: Error) => void
  /** A number that changes as long as the job gets on by other means than this server. */
  readonly progress?: (() => number) | undefined
}

/** A source that is being served. */
export interface ServedSource {
  /** What to give to ffmpeg after `-i`. It holds no secret and leads nowhere without the proxy. */
  readonly url: string
  /** Bytes of bodies that were sent. The client may not have read the last of them yet. */
  readonly bytesServed: number
  /** Requests that were answered. */
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
 * Hands random access to a child that speaks HTTP: serves sources on 127.0.0.1, at a random port, for one job.
 *
 * The child reaches it *as a proxy*: {@link RangeServer.proxy} goes into its environment as `http_proxy` (with
 * `no_proxy` taken out), the address of the source, which is on a host that does not exist, into its arguments. So
 * the arguments, which any user of the machine can read, hold no secret; and an address that hostile media brings
 * along comes here as well, and gets 404. The server never opens a connection.
 *
 * - Without the token in `Proxy-Authorization: Basic` the answer is 407. ffmpeg sends it after the first 407.
 * - GET and HEAD of a source's exact address are answered with 200, 206 or 416 (RFC 9110 §14); anything else is 404,
 *   or 405 for another method. What is no HTTP is 400, and the connection is closed.
 * - A read that fails breaks the connection and is reported, see {@link RangeServerOptions}, as is a 404 or 405 to who
 *   has the token: the child did not get what it asked for, and may go on as if that were not there. A body never ends
 *   short.
 * - A connection that never got through leaves no trace here, and ffmpeg would take it for the end of its input. So the
 *   proof that there is none is ffmpeg's own: it is told to try again until it is answered (`retryArguments`), and
 *   so can't go on without an answer; and what would keep it waiting for ever is the job's error, see
 *   {@link DescriptorWatch}. Those who have not shown the token can't keep it out, see {@link UnidentifiedConnections}.
 * - A client that goes away cancels its read. One that does not read is sent little, see {@link ResponsePacer}.
 *
 * **Memory.** For each connection the chunk it is being sent, and what the source holds.
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

  /** Starts a server, on 127.0.0.1 and a port that was free. */
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
      // Not by Node's clock, which would turn ffmpeg away where this process was busy: see Strangers.
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

  /** The child's `http_proxy`: `http://job:TOKEN@127.0.0.1:PORT`. A secret: for an environment, not for arguments. */
  get proxy(): string {
    return `http://${this.#token.credentials}@127.0.0.1:${this.#port}`
  }

  /**
   * Serves `source` from now on, until the server is closed. It stays the caller's: nothing here closes it.
   *
   * @param name - the last part of its address, by whose ending ffmpeg may tell a format; any character that is not
   * a letter, a digit, `.`, `_` or `-` is made a `_`
   */
  add(source: RandomAccess, name = 'input'): ServedSource {
    const safe = name.replace(/[^A-Za-z0-9._-]/g, '_').slice(-64)
    const path = `/${this.#count++}/${safe === '' || safe === '.' || safe === '..' ? 'input' : safe}`
    const served = new Served(`http://${HOST}${path}`, source)
    this.#served.set(served.url, served)
    // ffmpeg asks its proxy with the port.
    this.#served.set(`http://${HOST}:80${path}`, served)
    return served
  }

  /** Ends every connection and every read. Resolves when nothing is left of them. */
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
    // What a client sends along with a GET is of no interest.
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

/** Answers with a status, and with no body. */
function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0, Connection: 'close' }).end()
}

/** Answers on a bare socket, and closes it. */
function hangUp(socket: Duplex, status: string): void {
  socket.on('error', () => undefined)
  if (!socket.writable) socket.destroy()
  else
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => socket.destroy())
}
