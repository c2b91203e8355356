import type { Readable, Writable } from 'node:stream'
import { endUpstream } from './end-upstream.js'
import type { ClaimedHeader } from './header-claim.js'
import { type Link, linkOf } from './link.js'
import { closedEarly, pipeFault } from './pipe-check.js'

/**
 * What a stage knows of the stage before it.
 *
 * Node's `pipe()` passes on bytes and the end, but neither errors nor a premature close: behind a source that
 * failed, a sink waits for ever. `pipeline()` mends that from outside; this does it from inside, so that a plain
 * `pipe()` is as safe. It also finds the link of DESIGN's handshake, and says whether the source may be stopped.
 *
 * A pipe is refused where it could only end in something that looks whole and is not, or never end at all: Node takes
 * a source that has ended for an empty one, and waits for ever on a stage that takes no more. See {@link pipeFault}.
 * A source of which bytes were taken before (a header) is taken as it is. Only a pipe can be looked at in this way: an
 * iterator, or a web stream, does not say whether it was read before.
 */
export class Upstream {
  #source: Readable | undefined
  #head: ClaimedHeader | undefined
  #hadSource = false
  #silentTracks: (() => ReadonlySet<number>) | undefined
  readonly #stage: Writable
  readonly #name: string
  #sourceName: string | undefined
  readonly #claimsHeader: boolean

  /**
   * @param stage - the stream that is piped into
   * @param name - its class, for messages
   * @param options - `claimsHeader`: the stage can write its first bytes last, and claims a head that the source offers
   */
  constructor(stage: Writable, name: string, { claimsHeader = false } = {}) {
    this.#stage = stage
    this.#name = name
    this.#claimsHeader = claimsHeader
    stage.on('pipe', this.#attach)
    stage.on('unpipe', this.#detach)
  }

  /** The stream that is piped into the stage, where there is one. */
  get source(): Readable | undefined {
    return this.#source
  }

  /** What errors call what the source delivers, where it has a name; also after its end. */
  get sourceName(): string | undefined {
    return this.#sourceName
  }

  /** The link that the source offers. */
  get link(): Link | undefined {
    return linkOf(this.#source)
  }

  /** What tells the tracks without a sample that the source's own input has none of, where it can; asked after its end. */
  get silentTracks(): (() => ReadonlySet<number>) | undefined {
    return this.#silentTracks
  }

  /** The head that was claimed of the source, which belongs before all that it delivers. */
  get header(): ClaimedHeader | undefined {
    return this.#head
  }

  /**
   * Ends the source early, where this stage is all that consumes it: by its link, else as {@link endUpstream} does.
   * Returns whether it ends: if not, its bytes go on coming and are this stage's to discard.
   */
  stop(): boolean {
    return this.#source !== undefined && endUpstream(this.#source)
  }

  /**
   * Lets go of the source. Called from the stage's `_destroy`. The stage goes on listening to itself: whoever pipes into
   * it after its end is to be told.
   */
  release(): void {
    if (this.#source) this.#detach(this.#source)
  }

  readonly #attach = (source: Readable): void => {
    const fault = pipeFault(source, this.#stage, this.#name, this.#hadSource)
    this.#hadSource = true
    if (fault) {
      this.#refuse(source, fault)
      return
    }
    if (this.#source) this.#detach(this.#source)
    this.#source = source
    const link = linkOf(source)
    this.#sourceName = link?.randomAccess?.name
    this.#silentTracks = link?.silentTracks && (() => link.silentTracks!())
    if (this.#claimsHeader) this.#head = linkOf(source)?.header?.claim()
    source.on('error', this.#failed)
    source.on('close', this.#closed)
  }

  /** Fails the stage; where that is over already, only the source can tell. */
  #refuse(source: Readable, fault: Error): void {
    if (!this.#stage.destroyed) {
      this.#stage.destroy(fault)
      return
    }
    // Whoever pipes may listen to the source only after the call of pipe().
    process.nextTick(() => {
      const isTold = fault === this.#stage.errored && source.listenerCount('error') === 0
      source.destroy(isTold ? undefined : fault)
    })
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
    this.#stage.destroy(closedEarly(source, this.#name))
  }
}
