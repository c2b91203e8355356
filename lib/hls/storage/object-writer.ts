import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { HlsError, isError } from '../../errors.js'
import { BoundedWait } from '../../io/async/bounded-wait.js'

/**
 * One object being written to a storage. Each write waits until the storage has room again; an error of the storage
 * becomes `AVIO_ERR_HLS_STORE_FAILED`.
 */
export class ObjectWriter {
  readonly #name: string
  readonly #sink: Writable
  readonly #over: Promise<void>
  readonly #grace: number
  readonly #givenUp = new AbortController()
  #abortedBy: Error | undefined

  /**
   * @param name - the name of the object, for messages
   * @param sink - the stream opened by the storage
   * @param grace - how long it may take to close after an abort, in milliseconds; after that it is abandoned
   */
  constructor(name: string, sink: Writable, grace = Infinity) {
    this.#name = name
    this.#sink = sink
    this.#grace = grace
    const wait = new BoundedWait(this.#givenUp.signal, grace)
    this.#over = wait.for(finished(sink)).finally(() => wait.end())
    this.#over.catch(() => undefined)
  }

  /** Writes bytes. */
  async write(chunks: readonly Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      if (this.#sink.destroyed) return this.#settled()
      if (!this.#sink.write(chunk)) await this.#drained()
    }
    if (this.#sink.destroyed) await this.#settled()
  }

  /** Ends the object; resolves when it is stored. */
  async end(): Promise<void> {
    if (!this.#sink.destroyed) this.#sink.end()
    await this.#settled()
  }

  /** Aborts the object: operations under way fail with `error`. */
  abort(error: Error): void {
    this.#abortedBy = error
    this.#sink.destroy(error)
    if (this.#grace !== Infinity) this.#givenUp.abort()
  }

  /** Resolves when no operation is under way, whatever its outcome. */
  async over(): Promise<void> {
    await this.#over.catch(() => undefined)
  }

  async #settled(): Promise<void> {
    try {
      await this.#over
    } catch (cause) {
      if (this.#abortedBy) throw this.#abortedBy
      throw storeFailed(this.#name, cause)
    }
  }

  /** Listens to the sink directly: racing `#over` against `drain` again and again would accumulate callbacks. */
  #drained(): Promise<void> {
    const sink = this.#sink
    const events = ['drain', 'error', 'close']
    return new Promise(resolve => {
      const settle = (): void => {
        for (const event of events) sink.off(event, settle)
        resolve()
      }
      for (const event of events) sink.on(event, settle)
      if (sink.destroyed) settle()
    })
  }
}

/** The error of a failed storage operation. */
export function storeFailed(object: string, cause: unknown, done = 'stored'): HlsError {
  const reason = isError(cause) ? cause.message : String(cause)
  const message = `"${object}" could not be ${done}: ${reason}`
  return new HlsError('AVIO_ERR_HLS_STORE_FAILED', message, { object }, { cause })
}
