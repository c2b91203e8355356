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

/** A body attached to a command. */
export interface AttachedBody {
  /** The stream being sent, once there is one. */
  readonly stream: BodyStream | undefined
  /** Whether the signature omits the body by our choice, once there is a signature. */
  readonly isUnsigned: boolean
}

/**
 * Adds a body to `command`. The command's input needs the body's length, and its checksum if there is one.
 *
 * A signature without the payload saves the SHA-256, the larger part of the CPU time of an upload. A header set by the
 * user's own middleware stays as it is.
 *
 * @param onRead - called whenever the socket wants more of the body
 */
export function attachBody(
  command: S3Command<unknown>,
  body: RequestBody,
  onRead: OnRead,
  signing: PayloadSigning = 'auto',
): AttachedBody {
  const attached: { stream: BodyStream | undefined; isUnsigned: boolean } = {
    stream: undefined,
    isUnsigned: false,
  }
  const reserve: Middleware = next => args => {
    args.request.headers[CHECKSUM_PLACEHOLDER] = 'none'
    return next(args)
  }
  const describe: Middleware = next => args => {
    const { headers, protocol } = args.request
    Reflect.deleteProperty(headers, CHECKSUM_PLACEHOLDER)
    const isUnsigned = signing === 'unsigned' || (signing === 'auto' && protocol === 'https:')
    attached.isUnsigned = isUnsigned && headers[SHA256_HEADER] === undefined
    headers[SHA256_HEADER] ??= isUnsigned ? UNSIGNED : body.digest('sha256').toString('hex')
    return next(args)
  }
  const insert: Middleware = next => args => {
    if (body.size === 0) return next(args)
    attached.stream?.destroy()
    const stream = (attached.stream = new BodyStream(body, onRead))
    // The SDK's own request has no body; otherwise it would warn at each failure that it cannot resend a stream.
    const request = Object.create(Object.getPrototypeOf(args.request) as object) as RequestInFlight
    return next({ ...args, request: Object.assign(request, args.request, { body: stream }) })
  }
  addMiddleware(command, 'avioReserveChecksum', { step: 'build', priority: 'high' }, reserve)
  addMiddleware(command, 'avioDescribeBody', { step: 'build', priority: 'low' }, describe)
  addMiddleware(command, 'avioInsertBody', { step: 'deserialize', priority: 'low' }, insert)
  return attached
}
