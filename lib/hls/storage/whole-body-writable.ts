import { Writable } from 'node:stream'
import { Upstream } from '../../io/pipeline/upstream.js'
import { WholeBody } from './whole-body.js'

/** What a {@link WholeBodyWritable} is made of. */
export interface WholeBodyOptions {
  /** How many bytes it takes at most. */
  readonly maxBodySize: number
  /**
   * Stores the whole body, all or nothing. `signal` says that nobody wants it any more: what is sent is to be waited
   * for, but nothing is to be begun.
   */
  readonly store: (body: WholeBody, signal: AbortSignal) => Promise<unknown>
  /** The error of a body that has more bytes. */
  readonly tooLarge: () => Error
}

/**
 * Collects a small body and stores it at its end, in one go. Destroyed before that, it leaves nothing; later it closes
 * when what was sent has come to its end.
 */
export class WholeBodyWritable extends Writable {
  readonly #options: WholeBodyOptions
  readonly #body: WholeBody
  readonly #upstream: Upstream
  readonly #unwanted = new AbortController()
  /** From the moment that the body is sent. Never rejects. */
  #stored: Promise<unknown> | undefined

  constructor(options: WholeBodyOptions) {
    super()
    this.#options = options
    this.#body = new WholeBody(options.maxBodySize)
    this.#upstream = new Upstream(this, 'a SegmentStorage')
  }

  /** @internal */
  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    callback(this.#body.append(chunk) ? null : this.#options.tooLarge())
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    const stored = this.#options.store(this.#body, this.#unwanted.signal)
    this.#stored = stored.catch(() => undefined)
    stored.then(() => callback(), callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#upstream.release()
    this.#unwanted.abort()
    void Promise.resolve(this.#stored).then(() => {
      this.#body.clear()
      callback(error)
    })
  }
}
