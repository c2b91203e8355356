import { Transform, type TransformCallback } from 'node:stream'
import { destroyOnAbort } from '../async/abort-listeners.js'
import { KiB } from '../../options.js'
import type { DeferredHeaderBuilder } from './deferred-header-builder.js'
import { endWhenUnconsumed } from './end-unconsumed.js'
import { HeaderOffer } from './header-claim.js'
import { LINK, type Link } from './link.js'
import { Upstream } from './upstream.js'
import type { DuplexEvents, TypedListener } from './typed-listeners.js'
import { reportStage } from '../diagnostics/report-stage.js'

/** Bytes processed in one turn of the event loop. */
const TAKEN_AT_ONCE = 256 * KiB

/** Settings of a {@link DeferredHeaderTransform}. */
export interface DeferredHeaderTransformSettings {
  /** Its class name, for messages. */
  readonly name: string
  readonly assembly: DeferredHeaderBuilder
  readonly signal: AbortSignal | undefined
  /** Buffer size on either side, in bytes; `undefined` for Node's default. */
  readonly highWaterMark: number | undefined
}

/**
 * A {@link DeferredHeaderBuilder} as a stream: its output belongs after the header, which it offers through its
 * link to the sink it is piped into. If nothing claims the header, the first read fails. Works with a plain
 * `pipe()`.
 */
export class DeferredHeaderTransform extends Transform {
  readonly #assembly: DeferredHeaderBuilder
  readonly #upstream: Upstream
  readonly #offer: HeaderOffer
  /** Whether there are readers, and all of them have claimed the header. */
  #isClaimed = false
  /** Continues with the first chunk once there is a reader. */
  #early: (() => void) | undefined

  /** @internal */
  constructor({ name, assembly, signal, highWaterMark }: DeferredHeaderTransformSettings) {
    super(highWaterMark === undefined ? {} : { highWaterMark })
    this.#assembly = assembly
    this.#upstream = new Upstream(this, name)
    this.#offer = new HeaderOffer(name)
    reportStage(this, name)
    endWhenUnconsumed(this, name)
    // Not through super(): an already aborted signal would destroy a stream that has no fields yet.
    destroyOnAbort(signal, this)
  }

  /**
   * What this stream offers its consumer: the header, for a sink that can write its first bytes last.
   * @internal
   */
  get [LINK](): Link {
    const { mediaTypes } = this.#upstream
    return { header: this.#offer, ...(mediaTypes && { mediaTypes }) }
  }

  /** @internal */
  override _read(size: number): void {
    if (this.#isClaimed) {
      super._read(size)
      return
    }
    const error = this.#offer.unclaimed(this)
    if (error) {
      this.destroy(error)
      return
    }
    this.#isClaimed = true
    super._read(size)
    this.#early?.()
    this.#early = undefined
  }

  /** @internal */
  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#take(chunk, 0, callback)
  }

  /** A long chunk is processed in parts, with turns of the event loop in between. */
  #take(chunk: Buffer, from: number, callback: TransformCallback): void {
    const end = Math.min(chunk.length, from + TAKEN_AT_ONCE)
    const part = from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end)
    this.#pass(
      () => this.#assembly.write(part),
      error => {
        if (error || end === chunk.length || this.destroyed) callback(error)
        else setImmediate(() => this.#take(chunk, end, callback))
      },
    )
  }

  /** @internal */
  override _flush(callback: TransformCallback): void {
    this.#pass(() => {
      const rest = this.#assembly.end()
      this.#offer.complete(length => this.#assembly.head(length))
      return rest
    }, callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#upstream.release()
    callback(error)
  }

  #pass(step: () => readonly Buffer[], callback: TransformCallback): void {
    if (!this.#isClaimed) {
      this.#early = () => this.#pass(step, callback)
      return
    }
    try {
      for (const bytes of step()) this.push(bytes)
    } catch (error) {
      callback(error as Error)
      return
    }
    callback()
  }
}

/** Listeners, typed by the event; a name that is no event does not compile. */
export interface DeferredHeaderTransform {
  /** Adds a listener for an event. */
  on<Name extends keyof DuplexEvents>(event: Name, listener: TypedListener<DuplexEvents, Name>): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof DuplexEvents>(event: Name, listener: TypedListener<DuplexEvents, Name>): this
  /** Removes a listener. */
  off<Name extends keyof DuplexEvents>(event: Name, listener: TypedListener<DuplexEvents, Name>): this
}
