import type { ServerResponse } from 'node:http'
import type { OpenCall } from './call-log.js'
import type { Answer } from '../operations/answer.js'
import { Pacer } from '../wire/pacer.js'

/** Maximum number of bytes given to the socket that its network stack has not accepted yet. */
const WINDOW_BYTES = 256 * 1024

type Chunks = Iterable<Buffer> | AsyncIterable<Buffer>

/** How to deliver a response's body. */
export interface Delivery {
  /** Number of body bytes after which `then` happens. */
  readonly limit?: number | undefined
  readonly then?: 'reset' | 'stall' | 'close' | undefined
  /** The offset of a byte to alter. */
  readonly corrupt?: number | undefined
  readonly bytesPerSecond?: number | undefined
  /** Called when the limit, or the byte to alter, is reached. */
  readonly reached?: () => void
}

/** The response side of one exchange: sends, waits, breaks off; and never outlives its connection. */
export class Reply {
  readonly #response: ServerResponse
  readonly #call: OpenCall
  readonly #reset: () => void
  #isClosed = false
  #unsent = 0
  #written: (() => void) | undefined
  readonly #parked = new Set<() => void>()

  /** @param reset - resets the connection */
  constructor(response: ServerResponse, call: OpenCall, reset: () => void) {
    this.#response = response
    this.#call = call
    this.#reset = reset
    response.on('error', () => undefined)
    response.on('close', () => {
      this.#isClosed = true
      call.aborted ||= !response.writableFinished
      this.#written?.()
      for (const wake of this.#parked) wake()
    })
  }

  /** Whether the client is gone. */
  get isGone(): boolean {
    return this.#isClosed || this.#response.destroyed
  }

  /** Tells the client to send its body. */
  writeContinue(): void {
    this.#response.writeContinue()
  }

  /** Resets the connection. */
  reset(): void {
    this.#call.aborted = true
    this.#reset()
  }

  /** Waits until `until` resolves, or the connection closes. */
  async park(until?: Promise<void>): Promise<void> {
    if (this.isGone) return
    let wake: (() => void) | undefined
    const gone = new Promise<void>(resolve => {
      wake = resolve
      this.#parked.add(resolve)
    })
    await (until ? Promise.race([until, gone]) : gone)
    this.#parked.delete(wake!)
  }

  /** Waits for a number of milliseconds, or until the connection closes. */
  async sleep(ms: number): Promise<void> {
    if (ms <= 0) return
    let timer: NodeJS.Timeout | undefined
    await this.park(new Promise(resolve => (timer = setTimeout(resolve, ms))))
    clearTimeout(timer)
  }

  /** Sends a response; resolves once the network stack has accepted it, or the connection closes. */
  async send(answer: Answer, delivery: Delivery = {}): Promise<void> {
    if (this.isGone) return
    const response = this.#response
    this.#call.status = answer.status
    const isBodiless = response.req.method === 'HEAD' || answer.status === 204 || answer.status === 304
    const { body } = answer
    const text = typeof body === 'string' ? Buffer.from(body) : undefined
    const size = text?.length ?? (body && typeof body !== 'string' ? body.end - body.start : 0)
    response.writeHead(answer.status, { 'content-length': String(size), ...answer.headers })
    if (isBodiless || body === undefined) {
      return this.#finish()
    }
    const chunks = typeof body === 'string' ? [text!] : body.content.read(body.start, body.end)
    await this.#sendChunks(chunks, delivery)
  }

  async #sendChunks(chunks: Chunks, delivery: Delivery): Promise<void> {
    const { limit = Infinity, corrupt = -1 } = delivery
    const pacer = new Pacer(delivery.bytesPerSecond ?? Infinity)
    let offset = 0
    for await (const slice of slicesOf(chunks, Math.min(WINDOW_BYTES, pacer.slice))) {
      let bytes = slice.subarray(0, limit - offset)
      if (corrupt >= offset && corrupt < offset + bytes.length) {
        bytes = altered(bytes, corrupt - offset)
        delivery.reached?.()
      }
      if (bytes.length > 0) await this.#write(bytes)
      offset += bytes.length
      if (this.isGone) return
      if (offset >= limit) return this.#breakOff(delivery)
      const delay = pacer.delayAfter(bytes.length, performance.now())
      // Less than a timer's resolution is made up for by the next slice.
      if (delay > 1) await this.sleep(delay)
    }
    if (offset >= limit) return this.#breakOff(delivery)
    await this.#finish()
  }

  async #breakOff({ then, reached }: Delivery): Promise<void> {
    this.#response.flushHeaders()
    await this.#drained(0)
    this.#call.aborted = true
    reached?.()
    if (then === 'reset') this.reset()
    else if (then === 'close') this.#response.socket?.destroySoon()
    await this.park()
  }

  /** Writes bytes to the socket and waits while too many are pending. */
  async #write(bytes: Buffer): Promise<void> {
    this.#unsent += bytes.length
    this.#response.write(bytes, error => {
      this.#unsent -= bytes.length
      if (!error) this.#call.bytesOut += bytes.length
      this.#written?.()
    })
    await this.#drained(WINDOW_BYTES - 1)
  }

  /** Waits until no more than this many bytes are pending. */
  async #drained(bytes: number): Promise<void> {
    while (this.#unsent > bytes && !this.isGone) {
      await new Promise<void>(resolve => (this.#written = resolve))
    }
  }

  /** Ends the response and waits until all of it has been accepted. */
  #finish(): Promise<void> {
    return new Promise(resolve => {
      this.#parked.add(resolve)
      this.#response.end(resolve)
    })
  }
}

async function* slicesOf(chunks: Chunks, size: number): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += size) yield chunk.subarray(from, from + size)
  }
}

/** A copy with one byte changed: the stored bytes stay as they are. */
function altered(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 0xff
  return copy
}
