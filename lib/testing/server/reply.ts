import type { ServerResponse } from 'node:http'
import type { OpenCall } from './call-log.js'
import type { Answer } from '../operations/answer.js'
import { Pacer } from '../wire/pacer.js'

/** The most bytes given to the socket that its network stack has not taken yet. */
const WINDOW_BYTES = 256 * 1024

type Chunks = Iterable<Buffer> | AsyncIterable<Buffer>

/** How an answer's body is delivered. */
export interface Delivery {
  /** Bytes of the body after which `then` happens. */
  readonly limit?: number | undefined
  readonly then?: 'reset' | 'stall' | 'close' | undefined
  /** The offset of a byte to alter. */
  readonly corrupt?: number | undefined
  readonly bytesPerSecond?: number | undefined
  /** Called when the limit, or the byte to alter, is reached. */
  readonly reached?: () => void
}

/** The answering side of one exchange: sends, waits, breaks off; and never outlives its connection. */
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

  /** Whether there is nobody to answer any more. */
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

  /** Waits until `until` resolves, or the connection is gone. */
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

  /** Waits so many milliseconds, or until the connection is gone. */
  async sleep(ms: number): Promise<void> {
    if (ms <= 0) return
    let timer: NodeJS.Timeout | undefined
    await this.park(new Promise(resolve => (timer = setTimeout(resolve, ms))))
    clearTimeout(timer)
  }

  /** Sends an answer; resolves when the network stack took it, or the connection is gone. */
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
      await this.sleep(pacer.delayAfter(bytes.length, performance.now()))
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

  /** Gives bytes to the socket and waits while too many are under way. */
  async #write(bytes: Buffer): Promise<void> {
    this.#unsent += bytes.length
    this.#response.write(bytes, error => {
      this.#unsent -= bytes.length
      if (!error) this.#call.bytesOut += bytes.length
      this.#written?.()
    })
    await this.#drained(WINDOW_BYTES - 1)
  }

  /** Waits until no more than so many bytes are under way. */
  async #drained(bytes: number): Promise<void> {
    while (this.#unsent > bytes && !this.isGone) {
      await new Promise<void>(resolve => (this.#written = resolve))
    }
  }

  /** Ends the answer and waits until all of it was taken. */
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

/** A copy with one byte that is another: what is stored stays as it is. */
function altered(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 0xff
  return copy
}
