import { EventEmitter } from 'node:events'
import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { createServer, type Server, Socket, type SocketConstructorOpts } from 'node:net'
import { KiB } from '../../lib/options.js'
import { HttpChunks } from './http-chunks.js'

/**
 * HTTP/1.1 for a server that drains uploads of gigabytes, for a fraction of the CPU time of `node:http`, which copies
 * each 64 KiB of a body into memory of its own: here every read of every connection fills the same buffer. It knows
 * what clients of S3 send: keep-alive, `Content-Length` and chunked bodies, `Expect: 100-continue`.
 */

/** A cache of the processor's holds it. */
const BUFFER = Buffer.allocUnsafeSlow(256 * KiB)
const MAX_HEAD_BYTES = 64 * KiB
const HEAD_END = '\r\n\r\n'

/** The start line and the headers of a request. */
export interface RequestHead {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders
  /** Whether the connection stays open after the response. */
  readonly isKeptAlive: boolean
}

/** Parses the head of a request; `undefined` for a malformed one. */
export function parseHead(text: string): RequestHead | undefined {
  const [start = '', ...lines] = text.split('\r\n')
  const [, method, url, version] = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(start) ?? []
  if (method === undefined || url === undefined) return undefined
  const headers: IncomingHttpHeaders = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) return undefined
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${String(headers[name])}, ${value}`
  }
  return { method, url, headers, isKeptAlive: version === '1' && !/close/i.test(headers.connection ?? '') }
}

/** A request, with as much of `IncomingMessage` as LocalS3 uses. Chunks of a PUT are only valid during `data`. */
export class LeanMessage extends EventEmitter {
  readableEnded = false
  destroyed = false
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly #chunks: HttpChunks | undefined
  #left: number
  #isFlowing = false
  #held: Buffer | undefined

  constructor(
    head: RequestHead,
    readonly socket: Socket,
  ) {
    super()
    this.method = head.method
    this.url = head.url
    this.headers = head.headers
    this.#chunks = head.headers['transfer-encoding'] === undefined ? undefined : new HttpChunks()
    this.#left = Number(head.headers['content-length'] ?? 0)
  }

  /** Whether all of the body has arrived, read or not. */
  get isComplete(): boolean {
    return this.#chunks ? this.#chunks.isDone : this.#left === 0
  }

  /** Delivers the body. */
  resume(): void {
    this.#isFlowing = true
    const held = this.#held
    this.#held = undefined
    if (held) this.#deliver(held)
    else this.#finish()
    this.#readOn()
  }

  /** Delivers no more for now. */
  pause(): void {
    this.#isFlowing = false
  }

  /**
   * Takes the next bytes, which are somebody else's afterwards.
   *
   * @returns whether more are wanted now
   */
  take(bytes: Buffer): boolean {
    if (this.#isFlowing) this.#deliver(bytes)
    else if (bytes.length > 0) this.#held = Buffer.from(bytes)
    return this.#isFlowing || this.isComplete
  }

  /** The connection is closed. */
  close(): void {
    this.destroyed = true
    this.emit('close')
  }

  /** Unless the first bytes were enough for now. */
  #readOn(): void {
    if (this.#isFlowing) this.socket.resume()
  }

  #deliver(bytes: Buffer): void {
    try {
      for (const inside of this.#unframed(bytes)) {
        // Whoever collects a body, a list of parts for one, keeps its chunks.
        this.emit('data', this.method === 'PUT' ? inside : Buffer.from(inside))
      }
    } catch {
      this.socket.destroy()
    }
    this.#finish()
  }

  #unframed(bytes: Buffer): Buffer[] {
    if (this.#chunks) return this.#chunks.write(bytes)
    if (bytes.length > this.#left) throw new Error('Bytes follow the body')
    this.#left -= bytes.length
    return [bytes]
  }

  #finish(): void {
    if (this.readableEnded || !this.isComplete) return
    this.readableEnded = true
    this.emit('end')
  }
}

/** A response, with as much of `ServerResponse` as LocalS3 uses. */
export class LeanResponse extends EventEmitter {
  destroyed = false
  writableFinished = false
  #isKeptAlive: boolean
  #head: string | undefined
  #unsent = 0
  #finish: (() => void) | undefined

  constructor(
    readonly req: LeanMessage,
    readonly socket: Socket,
    isKeptAlive: boolean,
  ) {
    super()
    this.#isKeptAlive = isKeptAlive
  }

  /** Tells the client to send its body. */
  writeContinue(): void {
    this.socket.write(`HTTP/1.1 100 Continue${HEAD_END}`)
  }

  /** Sets status and headers, sent with the first bytes of the body. */
  writeHead(status: number, headers: Readonly<Record<string, string>>): void {
    // A body that was never asked for, or never read, would be taken for the next request.
    this.#isKeptAlive &&= this.req.isComplete
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const connection = this.#isKeptAlive ? 'keep-alive' : 'close'
    const own = `Date: ${new Date().toUTCString()}\r\nConnection: ${connection}\r\n`
    this.#head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n${lines.join('')}${own}\r\n`
  }

  /** Sends the head alone. */
  flushHeaders(): void {
    if (this.#head !== undefined) this.socket.write(this.#head, 'latin1')
    this.#head = undefined
  }

  /** Sends bytes; calls back once the network stack has accepted them. */
  write(bytes: Buffer, written: (error?: Error | null) => void): void {
    this.socket.cork()
    this.flushHeaders()
    this.#unsent++
    this.socket.write(bytes, error => {
      this.#unsent--
      written(error)
      if (this.#unsent === 0) this.#finish?.()
    })
    this.socket.uncork()
  }

  /** Ends the response; calls back once the network stack has accepted all of it. */
  end(finished: () => void): void {
    this.flushHeaders()
    this.#finish = () => {
      this.writableFinished = !this.destroyed
      finished()
      this.emit('finish')
      if (!this.#isKeptAlive) this.socket.destroySoon()
    }
    if (this.#unsent === 0) this.#finish()
  }

  /** Breaks the connection. */
  destroy(): void {
    this.socket.destroy()
  }

  /** The connection is closed, or the response over. */
  close(): void {
    this.destroyed = true
    this.emit('close')
  }
}

/** Handles a request; `expectsContinue`: the client waits for `100 Continue` before it sends its body. */
export type LeanHandler = (message: LeanMessage, response: LeanResponse, expectsContinue: boolean) => void

/** A server that hands every request to `handle`; `connected` gets every connection. */
export function createLeanServer(handle: LeanHandler, connected: (socket: Socket) => void): Server {
  return createServer({ pauseOnConnect: true, noDelay: true }, accepted => {
    const socket = withOneBuffer(accepted, bytes => connection.read(bytes))
    const connection = new Connection(socket, handle)
    connected(socket)
    socket.resume()
  })
}

/**
 * A connection whose reads fill {@link BUFFER}: `onread`, which `node:net` offers for its clients' sockets alone.
 * The handle moves to a socket of that kind; the one that the server made stays for the server to count.
 */
function withOneBuffer(accepted: Socket, read: (bytes: Buffer) => boolean): Socket {
  const inner = accepted as unknown as { _handle: unknown }
  const options = {
    handle: inner._handle,
    pauseOnCreate: true,
    onread: { buffer: BUFFER, callback: (length: number) => read(BUFFER.subarray(0, length)) },
  }
  inner._handle = null
  const socket = new Socket(options as SocketConstructorOpts)
  socket.once('close', () => accepted.destroy())
  return socket
}

/** The requests of one connection, one after the other. */
class Connection {
  readonly #socket: Socket
  readonly #handle: LeanHandler
  #head: Buffer = Buffer.alloc(0)
  #message: LeanMessage | undefined
  /** What arrived of the next request during the response, which has all of its bytes out before its time is over. */
  #early: Buffer | undefined

  constructor(socket: Socket, handle: LeanHandler) {
    this.#socket = socket
    this.#handle = handle
    socket.on('error', () => undefined)
  }

  /** Takes the next bytes; returns whether more are wanted now. */
  read(bytes: Buffer): boolean {
    if (this.#message?.isComplete === false) return this.#message.take(bytes)
    if (this.#message) {
      this.#early = Buffer.from(bytes)
      return false
    }
    const all = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes])
    const end = all.indexOf(HEAD_END)
    if (end < 0 && all.length <= MAX_HEAD_BYTES) {
      this.#head = Buffer.from(all)
      return true
    }
    this.#head = Buffer.alloc(0)
    const head = end < 0 ? undefined : parseHead(all.toString('latin1', 0, end))
    if (head) return this.#begin(head, all.subarray(end + HEAD_END.length))
    this.#socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close${HEAD_END}`)
    return true
  }

  #begin(head: RequestHead, rest: Buffer): boolean {
    const message = new LeanMessage(head, this.#socket)
    const response = new LeanResponse(message, this.#socket, head.isKeptAlive)
    this.#message = message
    const gone = () => {
      message.close()
      response.close()
    }
    this.#socket.once('close', gone)
    response.once('finish', () => {
      this.#socket.off('close', gone)
      response.close()
      this.#next()
    })
    this.#handle(message, response, /100-continue/i.test(head.headers.expect ?? ''))
    if (!message.isComplete) return message.take(rest)
    if (rest.length === 0) return true
    this.#early = Buffer.from(rest)
    return false
  }

  /** The response is over: the next request, if it is there. */
  #next(): void {
    this.#message = undefined
    const early = this.#early
    if (!early) return
    this.#early = undefined
    if (this.read(early)) this.#socket.resume()
  }
}
