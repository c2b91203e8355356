import type { Shortfall } from '../../containers/container-watch.js'
import { WatchedSource } from '../../containers/watched-source.js'
import { BlockCache } from '../../io/cache/block-cache.js'
import { readExactly } from '../../io/read-exactly.js'
import type { RandomAccess } from '../../io/random-access.js'
import { RangeServer, type ServedSource } from '../../io/range-server/range-server.js'

/** Protocols of an input that is read by address: HTTP as a proxy speaks it, on loopback, and nothing else. */
export const SEEK_PROTOCOLS = ['http', 'tcp']

interface Served {
  readonly cache: BlockCache
  /** Whether the cache was made here, and has to be closed here. */
  readonly isOwn: boolean
  readonly watched: WatchedSource
  readonly served: ServedSource
}

/**
 * The inputs of one job that ffmpeg reads by address, so that it can jump: each behind a block cache, all on one
 * range server, which is there as long as the job is.
 *
 * Memory: `cacheSize` for all of them together.
 */
export class SeekableInputs {
  readonly #server: RangeServer
  readonly #inputs: readonly Served[]

  private constructor(server: RangeServer, inputs: readonly Served[]) {
    this.#server = server
    this.#inputs = inputs
  }

  /**
   * Starts the server.
   *
   * @param sources - what ffmpeg reads; `head` holds first bytes of it that are known already. One that is a block
   * cache itself (several jobs share it) is used as it is, and not closed. `format` is the demuxer that ffmpeg is told
   * to use, where it is.
   * @param cacheSize - bytes that the caches of all of them hold together
   * @param onError - called once, with the error of the first source that failed for good, or what kept it from ffmpeg
   * @param progress - a number that changes as long as the job gets on by other means
   */
  static async open(
    sources: readonly {
      readonly source: RandomAccess
      readonly head: Buffer
      readonly format?: string | undefined
    }[],
    cacheSize: number,
    onError: (error: Error) => void,
    progress?: () => number,
  ): Promise<SeekableInputs> {
    // What can fail comes first: a server that was started would have to be ended.
    const caches = sources.map(({ source, head, format }) => {
      if (source instanceof BlockCache) {
        return { cache: source, isOwn: false, watched: new WatchedSource(source, format) }
      }
      const cache = new BlockCache(source, { cacheSize: Math.floor(cacheSize / sources.length) })
      if (head.length > 0) cache.seed(head)
      return { cache, isOwn: true, watched: new WatchedSource(cache, format) }
    })
    const server = await RangeServer.start({ onError, progress })
    const inputs = caches.map(one => ({ ...one, served: server.add(one.watched) }))
    return new SeekableInputs(server, inputs)
  }

  /** The child's environment with the way to the server, and the word that opens it, in place of any other way. */
  environment(env: Readonly<Record<string, string>>): Record<string, string> {
    const rest = Object.entries(env).filter(([name]) => !/^(?:no|http|all)_proxy$/i.test(name))
    return { ...Object.fromEntries(rest), http_proxy: this.#server.proxy }
  }

  /** The addresses, in the order of the sources. */
  get urls(): readonly string[] {
    return this.#inputs.map(({ served }) => served.url)
  }

  /** The source with this number, through its cache. */
  access(index: number): RandomAccess | undefined {
    return this.#inputs[index]?.cache
  }

  /** The first bytes of each source, at most `length` of them. They stay in its cache. */
  heads(length: number, signal: AbortSignal): Promise<Buffer[]> {
    return Promise.all(
      this.#inputs.map(async ({ cache }) =>
        readExactly(cache, 0, Math.min(length, await cache.size(signal)), signal),
      ),
    )
  }

  /** How much less the source with this number has than its container states. */
  shortfall(index: number, signal: AbortSignal): Promise<Shortfall | undefined> {
    return this.#inputs[index]!.watched.shortfall(signal)
  }

  /** Bytes that ffmpeg was sent. */
  get bytesServed(): number {
    return this.#inputs.reduce((sum, { served }) => sum + served.bytesServed, 0)
  }

  /** Bytes that the sources were asked for. */
  get bytesFetched(): number {
    return this.#inputs.reduce((sum, { cache }) => sum + cache.bytesFetched, 0)
  }

  /** Ends the server and every read; resolves when nothing is left. */
  async close(): Promise<void> {
    await this.#server.close()
    await Promise.all(this.#inputs.filter(({ isOwn }) => isOwn).map(({ cache }) => cache.close()))
  }
}
