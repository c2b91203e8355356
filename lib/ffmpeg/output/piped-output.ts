import type { Readable } from 'node:stream'
import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { HeaderOffer } from '../../io/pipeline/header-claim.js'
import { LentMemory } from '../../io/pipeline/lent-memory.js'
import type { Link } from '../../io/pipeline/link.js'
import { mediaTypesOfMuxer } from '../../io/media-types/media-types.js'
import type { OnMissing } from '../streams/input-info.js'
import { type CoverChoice, type OutputLayout, deferredHeaderFor } from '../args/output-layout.js'

/** The settings of a {@link PipedOutput}. */
export interface PipedOutputSettings {
  readonly format: string
  readonly args: readonly string[]
  readonly layout: OutputLayout
  readonly onMissing?: OnMissing | undefined
  readonly cover?: CoverChoice | undefined
}

/** Runs ffmpeg for a {@link PipedOutput}. */
export interface PipedOutputListener {
  /** The consumer wants more. */
  onRead(): void
  /** Tracks without samples because the input has none for them; known at the end. */
  silentTracks?(): ReadonlySet<number>
}

/**
 * One output that is read from a stream. With a deferred header, the stream delivers the bytes after the header and
 * offers the header through its link.
 *
 * Memory: the state of the header's builder.
 */
export class PipedOutput {
  readonly settings: PipedOutputSettings
  /** Where the chunks of the stream lie. */
  readonly memory: LentMemory
  readonly #stage: Readable
  readonly #listener: PipedOutputListener
  readonly #assembly: DeferredHeaderBuilder | undefined
  readonly #offer: HeaderOffer | undefined
  #isClaimed: boolean
  #isWanted = false

  /**
   * @param stage - the stream to read from
   * @param name - its name, for messages
   */
  constructor(stage: Readable, name: string, settings: PipedOutputSettings, listener: PipedOutputListener) {
    this.settings = settings
    this.#stage = stage
    this.memory = new LentMemory(stage)
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
      lendTo: this.memory.lendTo,
      ...(listener.silentTracks && { silentTracks: () => listener.silentTracks!() }),
    }
  }

  /** ffmpeg may start: there is no deferred header, or the consumer has claimed it. */
  get isReady(): boolean {
    return this.#isClaimed
  }

  /** The consumer has begun to read. */
  get isWanted(): boolean {
    return this.#isWanted
  }

  /** Notes that the consumer has begun to read. */
  want(): void {
    this.#isWanted = true
  }

  /** Handles a read. An unclaimed header fails the stream here, before anything starts. */
  read(): void {
    const error = this.#isClaimed ? undefined : this.#offer!.unclaimed(this.#stage)
    if (error) {
      this.#stage.destroy(error)
      return
    }
    this.#isClaimed = true
    this.#listener.onRead()
  }

  /** Takes a chunk of ffmpeg's and returns whether it wants more now. An invalid chunk fails the stream. */
  push(chunk: Buffer): boolean {
    const assembly = this.#assembly
    return assembly === undefined ? this.#give(chunk) : this.#pass(() => assembly.write(chunk))
  }

  /**
   * Completes the header after the last byte. Call it for every output before ending any.
   * `false` if that fails, and the stream with it.
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

  /** A builder may hold back all of a chunk, and then it wants more. */
  #pass(step: () => readonly Buffer[]): boolean {
    let chunks
    try {
      chunks = step()
    } catch (error) {
      this.#stage.destroy(error as Error)
      return false
    }
    let isWanted = true
    for (const chunk of chunks) isWanted = this.#give(chunk)
    return isWanted
  }

  #give(chunk: Buffer): boolean {
    this.memory.pass(chunk)
    return this.#stage.push(chunk)
  }
}
