import { Readable } from 'node:stream'
import { type Middleware, type RequestInFlight, type S3Command, addMiddleware } from './send-once.js'

/**
 * The body of a request, sent our own way.
 *
 * Left to itself the SDK hashes a buffer once for the signature and once more for the checksum, opens a connection of
 * its own for each large body (`Expect: 100-continue` without keep-alive), takes no buffer over 2 GiB, wraps a stream
 * in chunks with a trailer (Ceph 16 answers 411 to those), and says nothing while bytes move or fail to. So it is
 * shown a request without a body, whose headers tell all about it, and the body is put in after the signature, as
 * views of memory that is owned by the caller: nothing is copied, and each view taken is seen as progress.
 */
export interface RequestBody {
  /** How long it is, in bytes. */
  readonly size: number
  /** Its SHA-256, for the signature. Asked for only where the connection is not encrypted. */
  digest(algorithm: 'sha256'): Buffer
  /** Its bytes in order; can be read again and again. */
  slices(): Iterable<Buffer>
}

const SHA256_HEADER = 'x-amz-content-sha256'

/** The SDK computes no checksum for a request that has a header of this kind. It is taken out again before signing. */
const CHECKSUM_PLACEHOLDER = 'x-amz-checksum-none'

/**
 * More of a body is asked for.
 *
 * @param bytes - what has gone out since it was asked for last
 * @param isTaken - whether that was the last of it
 */
export type OnRead = (bytes: number, isTaken: boolean) => void

/** One sending of a body: what the request reads from. */
export class BodyStream extends Readable {
  readonly #slices: Iterator<Buffer>
  readonly #onRead: OnRead
  #untaken: number
  #given = 0

  constructor(body: RequestBody, onRead: OnRead) {
    // At most one view is held ready, so that each further one is taken because the socket wants it.
    super({ highWaterMark: 1 })
    this.#slices = body.slices()[Symbol.iterator]()
    this.#onRead = onRead
    this.#untaken = body.size
  }

  /** Whether every byte was asked for. */
  get isTaken(): boolean {
    return this.#untaken === 0
  }

  /** @internal */
  override _read(): void {
    // What was given before has gone out: this is asked for because the socket has room again.
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
 * Gives `command` a body. The command's input needs the body's length and its checksum, where it is to have one.
 *
 * Over https the payload is left out of the signature, as the AWS CLI does: TLS and the checksum protect it, and
 * hashing costs more than sending. A header that the user's own middleware has set is left as it is.
 *
 * @param onRead - called whenever more of the body is asked for
 * @returns the stream that is being sent, once there is one
 */
export function attachBody(
  command: S3Command<unknown>,
  body: RequestBody,
  onRead: OnRead,
): () => BodyStream | undefined {
  let stream: BodyStream | undefined
  const reserve: Middleware = next => args => {
    args.request.headers[CHECKSUM_PLACEHOLDER] = 'none'
    return next(args)
  }
  const describe: Middleware = next => args => {
    const { headers, protocol } = args.request
    Reflect.deleteProperty(headers, CHECKSUM_PLACEHOLDER)
    headers[SHA256_HEADER] ??=
      protocol === 'https:' ? 'UNSIGNED-PAYLOAD' : body.digest('sha256').toString('hex')
    return next(args)
  }
  const insert: Middleware = next => args => {
    if (body.size === 0) return next(args)
    stream?.destroy()
    stream = new BodyStream(body, onRead)
    // The SDK's own request stays without a body, or it would warn of each failure that a stream cannot be sent again.
    const request = Object.create(Object.getPrototypeOf(args.request) as object) as RequestInFlight
    return next({ ...args, request: Object.assign(request, args.request, { body: stream }) })
  }
  addMiddleware(command, 'avioReserveChecksum', { step: 'build', priority: 'high' }, reserve)
  addMiddleware(command, 'avioDescribeBody', { step: 'build', priority: 'low' }, describe)
  addMiddleware(command, 'avioInsertBody', { step: 'deserialize', priority: 'low' }, insert)
  return () => stream
}
