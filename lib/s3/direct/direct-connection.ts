import { type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import type { OnReadOpts, Socket } from 'node:net'
import { Duplex, type Readable } from 'node:stream'
import { onAbort } from '../../io/async/abort-listeners.js'
import { abortError } from '../../io/async/abort-error.js'
import { KiB } from '../../options.js'
import { DirectBody } from './direct-body.js'

/** The header of a response, and its body. */
export interface DirectAnswer {
  readonly message: IncomingMessage
  readonly body: Readable
}

/** Longer headers are left for Node's parser to refuse. */
const MAX_HEAD = 64 * KiB
/** How long the server may take to close a connection after we end it, in milliseconds. */
const RETIRE_TIME = 1000
const NOTHING = Buffer.alloc(0)

/**
 * A connection that can read a body straight into a {@link RangeBuffer}: from the kernel into the block given to the
 * consumer, without allocating, parsing, copying or emitting anything in between. Node's HTTP client reads into a new
 * buffer each time, copies the bytes out of it, and passes them through two streams: over four times the CPU time per
 * byte.
 *
 * Node's client still does everything delicate. It writes the request and parses the response header; the connection
 * looks like a stream (the *wire*) that has delivered only headers so far. If the response is plain content of known
 * length, the connection takes over after the header; any other response (an error, a chunked body) goes to Node's
 * client byte by byte, and the connection closes after it.
 */
export class DirectConnection {
  /** Whether the connection has already sent a request. */
  isUsed = false
  /** Whether any part of the response to the current request has arrived. */
  isAnswered = false
  readonly #socket: Socket
  readonly #onFree: () => void
  /** Buffer for headers, and for bytes without a better destination. */
  readonly #scratch = Buffer.allocUnsafeSlow(64 * KiB)
  /** The part of a header received so far. */
  #head = NOTHING
  #isParsing = false
  #wire: Wire | undefined
  #body: DirectBody | undefined
  #fail: (error: Error) => void = () => undefined
  #release: () => void = () => undefined

  /**
   * @param open - opens the socket with the given `onread`
   * @param onFree - called when the connection is free for another request
   */
  constructor(open: (onread: OnReadOpts) => Socket, onFree: () => void) {
    this.#onFree = onFree
    this.#socket = open({
      buffer: () => this.#body?.space ?? this.#scratch,
      callback: (length, buffer) => this.#read(length, buffer),
    })
    this.#socket.on('error', error => this.close(error))
    this.#socket.on('end', () => this.close())
    this.#socket.on('close', () => this.close())
  }

  /** Whether the connection is closed. */
  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  /** Sets whether this connection keeps the process alive. */
  await(isAwaited: boolean): void {
    if (isAwaited) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Calls back when the connection is closed. */
  onClose(callback: () => void): void {
    this.#socket.once('close', callback)
  }

  /** Sends a request without a body; resolves with the header of the response and its body. */
  send(options: RequestOptions, signal: AbortSignal | undefined): Promise<DirectAnswer> {
    return new Promise((resolve, reject) => {
      this.#fail = reject
      this.isAnswered = false
      const abort = () => this.close(abortError(signal!))
      if (signal?.aborted) {
        abort()
        return
      }
      this.#release = onAbort(signal, abort)
      const wire = (this.#wire = new Wire(this.#socket))
      const request = httpRequest({ ...options, createConnection: () => wire })
      request.on('error', error => this.close(error))
      request.on('response', message => {
        // A message cut off after its header emits an error; the body already reports it.
        message.on('error', () => undefined)
        resolve({ message, body: this.#bodyOf(message, wire) })
      })
      request.end()
    })
  }

  /** Closes an idle connection; its place is free only once the server has also closed it. */
  retire(): void {
    this.#socket.resume()
    this.#socket.end()
    this.#socket.setTimeout(RETIRE_TIME, () => this.close())
  }

  /** Closes the connection. Pending reads fail with `error`, or with the error of a closed connection. */
  close(error: Error = gone()): void {
    const wire = this.#wire
    const body = this.#body
    this.#wire = this.#body = undefined
    this.#socket.destroy()
    wire?.destroy(error)
    body?.fail(error)
    this.#fail(error)
    this.#release()
  }

  #bodyOf(message: IncomingMessage, wire: Wire): Readable {
    const length = contentLength(message)
    const isKept = message.httpVersion === '1.1' && message.headers.connection?.toLowerCase() !== 'close'
    if (length === undefined || !this.#isParsing) {
      wire.isForwarding = true
      message.on('close', () => {
        if (isKept && message.complete && this.#wire === wire) this.#freeFrom(wire)
        else this.close()
      })
      return message
    }
    return (this.#body = new DirectBody(length, this.#socket, isComplete => {
      this.#body = undefined
      if (!isComplete || !isKept) {
        this.close()
        return
      }
      this.isUsed = true
      this.#release()
      this.#onFree()
    }))
  }

  /** A response through Node's client is complete, and the connection can be used again. */
  #freeFrom(wire: Wire): void {
    this.#wire = undefined
    wire.destroy()
    this.isUsed = true
    this.#release()
    // A slow reader may have paused it before the end.
    this.#socket.resume()
    this.#onFree()
  }

  /** Accepts bytes that were read; returns whether to continue reading. */
  #read(length: number, buffer: Uint8Array): boolean {
    if (buffer !== this.#scratch) return this.#body?.filled(length) ?? false
    const bytes = this.#scratch.subarray(0, length)
    if (this.#body) return this.#body.copy(bytes)
    if (this.#wire?.isForwarding) return this.#wire.push(Buffer.from(bytes))
    if (this.#wire) return this.#readHead(this.#wire, bytes)
    // An unsolicited response.
    this.close()
    return false
  }

  #readHead(wire: Wire, bytes: Buffer): boolean {
    this.isAnswered = true
    let rest = Buffer.concat([this.#head, bytes])
    // There may be several: 100 Continue, 103 Early Hints, and then the final one.
    while (!wire.destroyed && !wire.isForwarding && this.#body === undefined) {
      const end = rest.indexOf('\r\n\r\n')
      if (end === -1 && rest.length <= MAX_HEAD) {
        this.#head = Buffer.from(rest)
        return true
      }
      const head = Buffer.from(rest.subarray(0, end === -1 ? undefined : end + 4))
      rest = rest.subarray(head.length)
      this.#isParsing = true
      wire.push(head)
      this.#isParsing = false
    }
    this.#head = NOTHING
    if (this.#body) {
      // Node's client has finished its part.
      this.#wire = undefined
      wire.destroy()
      return rest.length === 0 || this.#body.copy(rest)
    }
    return !wire.destroyed && (rest.length === 0 || wire.push(rest))
  }
}

/** The socket as Node's client sees it: the client writes to it, and reads headers and the bodies left to it. */
class Wire extends Duplex {
  /** Whether all received bytes go to Node's client. */
  isForwarding = false
  readonly #socket: Socket

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    // The request reports these errors too; before Node's client listens, nobody else does.
    this.on('error', () => undefined)
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, callback)
  }

  /** @internal */
  override _read(): void {
    if (this.isForwarding) this.#socket.resume()
  }
}

/** The length of the body of a successful response with plain content and a Content-Length. */
function contentLength({ statusCode, headers }: IncomingMessage): number | undefined {
  if ((statusCode !== 200 && statusCode !== 206) || headers['transfer-encoding'] !== undefined)
    return undefined
  const length = Number(headers['content-length'])
  return Number.isSafeInteger(length) && length > 0 ? length : undefined
}

function gone(): Error {
  const error = new Error('The connection closed before the response was complete')
  return Object.assign(error, { code: 'ECONNRESET' })
}
