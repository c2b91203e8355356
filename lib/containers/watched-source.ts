import type { RandomAccess } from '../io/random-access.js'
import { ContainerWatch, type Shortfall } from './container-watch.js'

/**
 * A source that is watched while it is read: it hands everything on as it is, errors included, and tells in the end
 * whether it is as long as its container states. Only what nobody has read has to be read for that, a few headers.
 */
export class WatchedSource implements RandomAccess {
  readonly #source: RandomAccess
  readonly #demuxers: string | undefined
  #watch: ContainerWatch | undefined

  /**
   * @param source - what is read
   * @param demuxers - the demuxer that ffmpeg was told to use, where it was told
   */
  constructor(source: RandomAccess, demuxers: string | undefined) {
    this.#source = source
    this.#demuxers = demuxers
  }

  /** What errors call it: as the source itself. */
  get name(): string | undefined {
    return this.#source.name
  }

  /** Total length in bytes, as the source says. */
  size(signal?: AbortSignal): Promise<number> {
    return this.#source.size(signal)
  }

  /** The source's bytes from `start` (inclusive) to `end` (exclusive). */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const watch = await this.#watched(signal)
    let at = start
    for await (const chunk of this.#source.read(start, end, signal)) {
      watch.see(at, chunk)
      at += chunk.length
      yield chunk
    }
  }

  /** How much less the source has than its container states. */
  async shortfall(signal?: AbortSignal): Promise<Shortfall | undefined> {
    const watch = await this.#watched(signal)
    return watch.finish(this.#source, signal)
  }

  async #watched(signal: AbortSignal | undefined): Promise<ContainerWatch> {
    const size = await this.#source.size(signal)
    return (this.#watch ??= new ContainerWatch(this.#demuxers, size))
  }
}
