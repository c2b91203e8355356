import { Readable } from 'node:stream'
import { type Middleware, type RequestInFlight, type S3Command, addMiddleware } from './send-once.js'

/**
 * The body of a request, sent without the SDK's body handling.
 *
 * The SDK itself hashes a buffer once for the signature and again for the checksum, opens a separate connection for
 * each large body (`Expect: 100-continue` without keep-alive), accepts no buffer over 2 GiB, wraps a stream in chunks
 * with a trailer (Ceph 16 responds with 411), and does not report progress or stalls. So it gets a request without a
 * body, whose headers describe the body, and this module adds the body after the signature, as views of memory that the
 * caller owns: without copies, and with each view taken counting as progress.
 */
export interface RequestBody {
  /** Length, in bytes. */
  readonly size: number
  /** Its SHA-256, for the signature; computed only if the payload is signed. */
  digest(algorithm: 'sha256'): Buffer
  /** Its bytes in order; can be read any number of times. */
  slices(): Iterable<Buffer>
}

/**
 * Whether the signature of a request covers the bytes it stores, by their SHA-256.
 *
 * - `'auto'`: over http only. Over https TLS protects them, as in the AWS CLI.
 * - `'signed'`: always, for stores and bucket policies that demand it.
 * - `'unsigned'`: never, over http either.
 */
export type PayloadSigning = 'auto' | 'signed' | 'unsigned'

const SHA256_HEADER = 'x-amz-content-sha256'

/** The value of the header for a signature that omits the payload. */
const UNSIGNED = 'UNSIGNED-PAYLOAD'

/** With such a header the SDK computes no checksum. It is removed again before signing. */
const CHECKSUM_PLACEHOLDER = 'x-amz-checksum-none'

/**
 * The socket wants more of a body.
 *
 * @param bytes - bytes sent since the previous call
 * @param isTaken - whether they were the last
 */
export type OnRead = (bytes: number, isTaken: boolean) => void

/** One transmission of a body: the stream that the request reads. */
export class BodyStream extends Readable {
  readonly #slices: Iterator<Buffer>
  readonly #onRead: OnRead
  #untaken: number
  #given = 0

  constructor(body: RequestBody, onRead: OnRead) {
    // At most one view is buffered, so that the socket's demand drives each further one.
    super({ highWaterMark: 1 })
    this.#slices = body.slices()[Symbol.iterator]()
    this.#onRead = onRead
    this.#untaken = body.size
  }

  /** Whether the socket has taken every byte. */
  get isTaken(): boolean {
    return this.#untaken === 0
  }

  /** @internal */
  override _read(): void {
    // The previous view has been sent: the socket has room again.
    this.#onRead(this.#given, this.isTaken)
    const next = this.#slices.next()
    if (next.done === true) {
      this.push(null)
      return
    }
    this.#untaken -= this.#given = next.value.length
    this.push(next.value)
  }
}

/**
 * The body of one request. The command's input needs its length, and its checksum if there is one.
 *
 * A signature without the payload saves the SHA-256, the larger part of the CPU time of an upload. A header set by the
 * user's own middleware stays as it is.
 */
export class AttachedBody {
  readonly #body: RequestBody
  readonly #onRead: OnRead
  readonly #signing: PayloadSigning
  #stream: BodyStream | undefined
  #isUnsigned = false

  /** @param onRead - called whenever the socket wants more of the body */
  constructor(body: RequestBody, onRead: OnRead, signing: PayloadSigning = 'auto') {
    this.#body = body
    this.#onRead = onRead
    this.#signing = signing
  }

  /** The stream being sent, once there is one. */
  get stream(): BodyStream | undefined {
    return this.#stream
  }

  /** Whether the signature omits the body by our choice, once there is a signature. */
  get isUnsigned(): boolean {
    return this.#isUnsigned
  }

  /** Adds the body to `command`. */
  attach(command: S3Command<unknown>): void {
    const reserve: Middleware = next => args => {
      args.request.headers[CHECKSUM_PLACEHOLDER] = 'none'
      return next(args)
    }
    const describe: Middleware = next => args => {
      Reflect.deleteProperty(args.request.headers, CHECKSUM_PLACEHOLDER)
      this.#describe(args.request)
      return next(args)
    }
    const insert: Middleware = next => args => next({ ...args, request: this.insert(args.request) })
    addMiddleware(command, 'avioReserveChecksum', { step: 'build', priority: 'high' }, reserve)
    addMiddleware(command, 'avioDescribeBody', { step: 'build', priority: 'low' }, describe)
    addMiddleware(command, 'avioInsertBody', { step: 'deserialize', priority: 'low' }, insert)
  }

  /** Puts the body in the place of that of an earlier request, before the signature. */
  replace(request: RequestInFlight): void {
    Reflect.deleteProperty(request.headers, SHA256_HEADER)
    this.#describe(request)
  }

  /** The signed request with its body. */
  insert(request: RequestInFlight): RequestInFlight {
    if (this.#body.size === 0) return request
    this.#stream?.destroy()
    this.#stream = new BodyStream(this.#body, this.#onRead)
    // The SDK's own request has no body; otherwise it would warn at each failure that it cannot resend a stream.
    const sent = Object.create(Object.getPrototypeOf(request) as object) as RequestInFlight
    return Object.assign(sent, request, { body: this.#stream })
  }

  #describe({ headers, protocol }: RequestInFlight): void {
    const isUnsigned = this.#signing === 'unsigned' || (this.#signing === 'auto' && protocol === 'https:')
    this.#isUnsigned = isUnsigned && headers[SHA256_HEADER] === undefined
    headers[SHA256_HEADER] ??= isUnsigned ? UNSIGNED : this.#body.digest('sha256').toString('hex')
  }
}
