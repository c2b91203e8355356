import type { Readable, Writable } from 'node:stream'
import { AvioError } from '../errors.js'
import type { ClaimedHead } from './head-claim.js'
import { type Link, isSoleConsumer, linkOf } from './link.js'

/**
 * What a stage knows of the stage before it.
 *
 * Node's `pipe()` passes on bytes and the end, but neither errors nor a premature close: behind a source that
 * failed, a sink waits for ever. `pipeline()` mends that from outside; this does it from inside, so that a plain
 * `pipe()` is as safe. It also finds the link of DESIGN's handshake, and says whether the source may be stopped.
 */
export class Upstream {
  #source: Readable | undefined
  #head: ClaimedHead | undefined
  readonly #stage: Writable
  readonly #name: string
  readonly #claimsHead: boolean

  /**
   * @param stage - the stream that is piped into
   * @param name - its class, for messages
   * @param options - `claimsHead`: the stage can write its first bytes last, and claims a head that the source offers
   */
  constructor(stage: Writable, name: string, { claimsHead = false } = {}) {
    this.#stage = stage
    this.#name = name
    this.#claimsHead = claimsHead
    stage.on('pipe', this.#attach)
    stage.on('unpipe', this.#detach)
  }

  /** The stream that is piped into the stage, where there is one. */
  get source(): Readable | undefined {
    return this.#source
  }

  /** The link that the source offers. */
  get link(): Link | undefined {
    return linkOf(this.#source)
  }

  /** The head that was claimed of the source, which belongs before all that it delivers. */
  get head(): ClaimedHead | undefined {
    return this.#head
  }

  /**
   * Asks the source to end early, where it can and where this stage is all that consumes it.
   * Returns whether it was asked: if not, its bytes go on coming and are this stage's to discard.
   */
  stop(): boolean {
    const source = this.#source
    const link = this.link
    if (source === undefined || link?.stop === undefined || !isSoleConsumer(source)) return false
    link.stop()
    return true
  }

  /** Lets go of the source and of every listener. Called from the stage's `_destroy`. */
  release(): void {
    this.#stage.off('pipe', this.#attach)
    this.#stage.off('unpipe', this.#detach)
    if (this.#source) this.#detach(this.#source)
  }

  readonly #attach = (source: Readable): void => {
    if (this.#source) this.#detach(this.#source)
    this.#source = source
    if (this.#claimsHead) this.#head = linkOf(source)?.head?.claim()
    source.on('error', this.#failed)
    source.on('close', this.#closed)
  }

  readonly #detach = (source: Readable): void => {
    if (source !== this.#source) return
    source.off('error', this.#failed)
    source.off('close', this.#closed)
    this.#source = undefined
    // A source that has ended is unpiped as well, and its head is still to be written.
    if (source.readableEnded) return
    this.#head?.release()
    this.#head = undefined
  }

  readonly #failed = (error: Error): void => {
    this.#stage.destroy(error)
  }

  readonly #closed = (): void => {
    const source = this.#source
    // `readableEnded` is undefined on streams from before Node 12.9; of those nothing can be said.
    if (source?.readableEnded !== false) return
    this.#stage.destroy(
      new AvioError(
        'AVIO_ERR_UPSTREAM_CLOSED',
        `The ${source.constructor.name} piped into ${this.#name} was closed before its end, without an error: ` +
          'what came so far is incomplete and was not passed off as the whole. Destroy a source with an error, ' +
          'or let it end.',
      ),
    )
  }
}
