import type { Readable, Writable } from 'node:stream'
import { endUpstream } from './end-upstream.js'
import type { ClaimedHeader } from './header-claim.js'
import { type Link, linkOf } from './link.js'
import { closedEarly, pipeFault } from './pipe-check.js'

/**
 * A stage's view of the stage before it.
 *
 * Node's `pipe()` passes on bytes and the end, but neither errors nor a premature close: a sink behind a failed
 * source waits forever. `pipeline()` fixes that from outside; this does it from inside, so that a plain
 * `pipe()` is as safe. It also finds the link, and decides whether the source may be stopped.
 *
 * A pipe is rejected if its result could only be something incomplete that looks complete, or never end: Node
 * treats a source that has ended as empty, and waits forever on a stage that accepts no more data. See {@link
 * pipeFault}. A source that has already delivered bytes (a header) is accepted. Only a pipe can be checked like
 * this: an iterator or a web stream does not tell whether it has been read before.
 */
export class Upstream {
  #source: Readable | undefined
  #head: ClaimedHeader | undefined
  #hadSource = false
  #silentTracks: (() => ReadonlySet<number>) | undefined
  #mediaTypes: (() => readonly string[] | undefined) | undefined
  readonly #stage: Writable
  readonly #name: string
  #sourceName: string | undefined
  readonly #claimsHeader: boolean
  readonly #givesBack: (() => boolean) | undefined

  /**
   * @param stage - the stream being piped into
   * @param name - its class, for messages
   * @param options - `claimsHeader`: the stage can write its first bytes last, and claims a header offered by the
   * source; `givesBack`: the stage, or the one behind it, gives back the chunks it is done with
   */
  constructor(
    stage: Writable,
    name: string,
    {
      claimsHeader = false,
      givesBack,
    }: { readonly claimsHeader?: boolean; readonly givesBack?: () => boolean } = {},
  ) {
    this.#stage = stage
    this.#name = name
    this.#claimsHeader = claimsHeader
    this.#givesBack = givesBack
    stage.on('pipe', this.#attach)
    stage.on('unpipe', this.#detach)
  }

  /** The stream piped into the stage, if any. */
  get source(): Readable | undefined {
    return this.#source
  }

  /** The source's name in errors, if it has one; also after its end. */
  get sourceName(): string | undefined {
    return this.#sourceName
  }

  /** The link of the source. */
  get link(): Link | undefined {
    return linkOf(this.#source)
  }

  /** Returns the tracks without samples in the source's own input, if it knows them; call it after its end. */
  get silentTracks(): (() => ReadonlySet<number>) | undefined {
    return this.#silentTracks
  }

  /** The media types that the source's bytes can have, if it knows them; also after its end. */
  get mediaTypes(): readonly string[] | undefined {
    return this.#mediaTypes?.()
  }

  /** The header claimed from the source, which precedes everything it delivers. */
  get header(): ClaimedHeader | undefined {
    return this.#head
  }

  /** Chunks of the source that are in this stage may reach somebody who keeps them. */
  keepLent(): void {
    this.link?.lendTo?.(this.#givesBack)
  }

  /**
   * Ends the source early if this stage is its only consumer: through its link, or as {@link endUpstream} does.
   * Returns whether it ends: if not, its bytes keep coming, and this stage must discard them.
   */
  stop(): boolean {
    return this.#source !== undefined && endUpstream(this.#source)
  }

  /**
   * Releases the source. Called from the stage's `_destroy`. The stage keeps its own listeners, to report a
   * later pipe into it.
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
    // Looked up when it is wanted: the source may be piped into only after this.
    this.#mediaTypes = () => linkOf(source)?.mediaTypes
    this.#silentTracks = link?.silentTracks && (() => link.silentTracks!())
    if (this.#claimsHeader) this.#head = linkOf(source)?.header?.claim()
    if (this.#givesBack) link?.lendTo?.(this.#givesBack)
    source.on('error', this.#failed)
    source.on('close', this.#closed)
  }

  /**
   * Fails the stage, and the source with it if the stage is over. Node's `pipeline()` counts a stage that has ended as
   * done, whatever error follows: with a source that has nothing to deliver, it would resolve.
   */
  #refuse(source: Readable, fault: Error): void {
    const stage = this.#stage
    const isOver = stage.writableEnded || stage.destroyed
    if (!stage.destroyed) stage.destroy(fault)
    if (!isOver) return
    if (source.listenerCount('error') > 0) {
      source.destroy(fault)
      return
    }
    // The caller may attach listeners to the source only after pipe() returns.
    process.nextTick(() => {
      const isTold = fault === stage.errored && source.listenerCount('error') === 0
      source.destroy(isTold ? undefined : fault)
    })
  }

  readonly #detach = (source: Readable): void => {
    if (source !== this.#source) return
    source.off('error', this.#failed)
    source.off('close', this.#closed)
    if (this.#givesBack) linkOf(source)?.lendTo?.()
    this.#source = undefined
    // A source that has ended is unpiped as well, and its header is still to be written.
    if (source.readableEnded) return
    this.#head?.release()
    this.#head = undefined
  }

  readonly #failed = (error: Error): void => {
    this.#stage.destroy(error)
  }

  readonly #closed = (): void => {
    const source = this.#source
    // `readableEnded` is undefined on streams from before Node 12.9; their state is unknown.
    if (source?.readableEnded !== false) return
    this.#stage.destroy(closedEarly(source, this.#name))
  }
}
