import { type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import type { OnReadOpts, Socket } from 'node:net'
import { Duplex, type Readable } from 'node:stream'
import { onAbort } from '../../io/async/abort-listeners.js'
import { abortError } from '../../io/async/abort-error.js'
import { KiB } from '../../options.js'
import { DirectBody } from './direct-body.js'

/** The head of an answer, and its body. */
export interface DirectAnswer {
  readonly message: IncomingMessage
  readonly body: Readable
}

/** A head longer than this is left for Node's parser to refuse. */
const MAX_HEAD = 64 * KiB
/** How long the server may take to close a connection that we have ended, in milliseconds. */
const RETIRE_TIME = 1000
const NOTHING = Buffer.alloc(0)

/**
 * A connection that can read a body straight into a {@link RangeBuffer}: from the kernel into the block that the
 * consumer is given, with nothing allocated, parsed, copied or emitted on the way. Node's HTTP client reads into a
 * new buffer each time, copies out of it, and passes that on through two streams: over four times the CPU time a byte.
 *
 * Node's client still does all that is delicate. It writes the request and parses the head of the answer; to it, the
 * connection is a stream (the *wire*) that has delivered nothing but heads so far. If the answer is one of plain
 * content, whose length is known, the connection takes over behind its head; any other (an error, a chunked body) is
 * passed on to Node's client byte by byte, and the connection is closed after it.
 */
export class DirectConnection {
  /** Whether a request was sent before. */
  isUsed = false
  /** Whether anything has come in answer to the request that is under way. */
  isAnswered = false
  readonly #socket: Socket
  readonly #onFree: () => void
  /** Where heads are read into, and what comes while no better place is known. */
  readonly #scratch = Buffer.allocUnsafeSlow(64 * KiB)
  /** What has come of a head. */
  #head = NOTHING
  #isParsing = false
  #wire: Wire | undefined
  #body: DirectBody | undefined
  #fail: (error: Error) => void = () => undefined
  #release: () => void = () => undefined

  /**
   * @param open - opens the socket with the given `onread`
   * @param onFree - called when another request can be sent
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

  /** Whether the connection is gone. */
  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  /** Has the process wait for this connection, or not. */
  await(isAwaited: boolean): void {
    if (isAwaited) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Calls back when the connection is gone. */
  onClose(callback: () => void): void {
    this.#socket.once('close', callback)
  }

  /** Sends a request without a body; resolves with the head of the answer and its body. */
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
        // A message that is cut off behind its head says so, to nobody.
        message.on('error', () => undefined)
        resolve({ message, body: this.#bodyOf(message, wire) })
      })
      request.end()
    })
  }

  /** Closes a connection at rest, so that its place is free only when the server has let go of it too. */
  retire(): void {
    this.#socket.resume()
    this.#socket.end()
    this.#socket.setTimeout(RETIRE_TIME, () => this.close())
  }

  /** Closes the connection. What waits for it fails with `error`, or as one does whose peer has gone. */
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

  /** An answer that went through Node's client is over, and the connection is as good as before. */
  #freeFrom(wire: Wire): void {
    this.#wire = undefined
    wire.destroy()
    this.isUsed = true
    this.#release()
    // It may have been held back by a reader that was slow to take the end.
    this.#socket.resume()
    this.#onFree()
  }

  /** Takes what was read; returns whether to read on. */
  #read(length: number, buffer: Uint8Array): boolean {
    if (buffer !== this.#scratch) return this.#body?.filled(length) ?? false
    const bytes = this.#scratch.subarray(0, length)
    if (this.#body) return this.#body.copy(bytes)
    if (this.#wire?.isForwarding) return this.#wire.push(Buffer.from(bytes))
    if (this.#wire) return this.#readHead(this.#wire, bytes)
    // Nobody asked for this.
    this.close()
    return false
  }

  #readHead(wire: Wire, bytes: Buffer): boolean {
    this.isAnswered = true
    let rest = Buffer.concat([this.#head, bytes])
    // There may be several: 100 Continue, 103 Early Hints, and then the one that counts.
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
      // Node's client has done its part.
      this.#wire = undefined
      wire.destroy()
      return rest.length === 0 || this.#body.copy(rest)
    }
    return !wire.destroyed && (rest.length === 0 || wire.push(rest))
  }
}

/** What Node's client takes for the socket: it writes there, and is given heads, and bodies of which it takes care. */
class Wire extends Duplex {
  /** Whether everything that comes goes to Node's client. */
  isForwarding = false
  readonly #socket: Socket

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    // Its errors are told to the request as well; before Node's client listens, to nobody else.
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

/** The length of a body that is plain content, if the answer is a success and says so. */
function contentLength({ statusCode, headers }: IncomingMessage): number | undefined {
  if ((statusCode !== 200 && statusCode !== 206) || headers['transfer-encoding'] !== undefined)
    return undefined
  const length = Number(headers['content-length'])
  return Number.isSafeInteger(length) && length > 0 ? length : undefined
}

function gone(): Error {
  const error = new Error('The connection was closed before the answer was complete')
  return Object.assign(error, { code: 'ECONNRESET' })
}
