import type { Readable } from 'node:stream'
import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { HeaderOffer } from '../../io/pipeline/header-claim.js'
import type { Link } from '../../io/pipeline/link.js'
import { mediaTypesOfMuxer } from '../../io/media-types/media-types.js'
import type { OnMissing } from '../streams/input-info.js'
import { type CoverChoice, type OutputLayout, deferredHeaderFor } from '../args/output-layout.js'

/** What a {@link PipedOutput} is told about its output. */
export interface PipedOutputSettings {
  readonly format: string
  readonly args: readonly string[]
  readonly layout: OutputLayout
  readonly onMissing?: OnMissing | undefined
  readonly cover?: CoverChoice | undefined
}

/** Who runs ffmpeg for a {@link PipedOutput}. */
export interface PipedOutputListener {
  /** More is wanted. */
  onRead(): void
  /** Tracks that have no sample because the input has none of them; known at the end. */
  silentTracks?(): ReadonlySet<number>
}

/**
 * One output that is read from a stream. Of one whose head exists only at the end, what is read belongs behind the
 * head, which the stream offers by its link.
 *
 * Memory: what the assembly of the head keeps.
 */
export class PipedOutput {
  readonly settings: PipedOutputSettings
  readonly #stage: Readable
  readonly #listener: PipedOutputListener
  readonly #assembly: DeferredHeaderBuilder | undefined
  readonly #offer: HeaderOffer | undefined
  #isClaimed: boolean
  #isWanted = false

  /**
   * @param stage - the stream that is read from
   * @param name - what it is called, for messages
   */
  constructor(stage: Readable, name: string, settings: PipedOutputSettings, listener: PipedOutputListener) {
    this.settings = settings
    this.#stage = stage
    this.#listener = listener
    this.#assembly = deferredHeaderFor(settings, name)
    this.#offer = this.#assembly && new HeaderOffer(name)
    this.#isClaimed = this.#offer === undefined
  }

  /** What the stream can do for its consumer. */
  get link(): Link {
    const listener = this.#listener
    return {
      ...(this.#offer && { header: this.#offer }),
      mediaTypes: mediaTypesOfMuxer(this.settings.format),
      ...(listener.silentTracks && { silentTracks: () => listener.silentTracks!() }),
    }
  }

  /** ffmpeg may be started: there is no head, or whoever reads has claimed it. */
  get isReady(): boolean {
    return this.#isClaimed
  }

  /** Somebody has begun to read. */
  get isWanted(): boolean {
    return this.#isWanted
  }

  /** Somebody has begun to read. */
  want(): void {
    this.#isWanted = true
  }

  /** The stream is read from. Unclaimed, a head fails it here, before anything is started. */
  read(): void {
    const error = this.#isClaimed ? undefined : this.#offer!.unclaimed(this.#stage)
    if (error) {
      this.#stage.destroy(error)
      return
    }
    this.#isClaimed = true
    this.#listener.onRead()
  }

  /** Takes a chunk of ffmpeg's and says whether more is wanted now. What can't be laid out fails the stream. */
  push(chunk: Buffer): boolean {
    const assembly = this.#assembly
    return assembly === undefined ? this.#stage.push(chunk) : this.#pass(() => assembly.write(chunk))
  }

  /**
   * All of it has come: the head can be made. To be called for every output before the end of any is pushed.
   * `false` where it can't, and the stream has failed.
   */
  complete(): boolean {
    const assembly = this.#assembly
    if (assembly === undefined) return true
    this.#pass(() => assembly.end())
    this.#offer!.complete(length => assembly.head(length))
    return !this.#stage.destroyed
  }

  /** Ends the stream. */
  end(): void {
    this.#stage.push(null)
  }

  /** An assembly may hold all of a chunk back, and then more is wanted. */
  #pass(step: () => readonly Buffer[]): boolean {
    let chunks
    try {
      chunks = step()
    } catch (error) {
      this.#stage.destroy(error as Error)
      return false
    }
    let isWanted = true
    for (const chunk of chunks) isWanted = this.#stage.push(chunk)
    return isWanted
  }
}
