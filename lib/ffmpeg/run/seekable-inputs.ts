import type { Shortfall } from '../../containers/container-watch.js'
import { WatchedSource } from '../../containers/watched-source.js'
import { BlockCache } from '../../io/cache/block-cache.js'
import type { ReadWaits } from '../../io/monitor/read-waits.js'
import { readExactly } from '../../io/read-exactly.js'
import type { RandomAccess } from '../../io/random-access.js'
import { RangeServer, type ServedSource } from '../../io/range-server/range-server.js'

/** Protocols of an input read by seeking: HTTP as used with a proxy, on loopback, and nothing else. */
export const SEEK_PROTOCOLS = ['http', 'tcp']

interface Served {
  readonly cache: BlockCache
  /** Whether the cache was made here, and has to be closed here. */
  readonly isOwn: boolean
  readonly watched: WatchedSource
  readonly served: ServedSource
}

/**
 * The inputs of one run that ffmpeg reads by seeking: each behind a block cache, all on one range server that lives as
 * long as the run.
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
   * @param sources - the sources for ffmpeg; `head` holds their first bytes, if known. A source that is itself a block
   * cache (shared by several runs) is used as it is, and not closed. `format` is the demuxer passed to ffmpeg, if any.
   * @param cacheSize - total size of the caches, in bytes
   * @param onError - called once, with the error of the first source that failed for good, or of the connection to
   * ffmpeg
   * @param progress - a number that changes as long as the run makes progress by other means
   * @param waits - told while ffmpeg's reads wait for a source
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
    waits?: ReadWaits,
  ): Promise<SeekableInputs> {
    // Steps that can fail come first: a started server would have to be ended.
    const caches = sources.map(({ source, head, format }) => {
      if (source instanceof BlockCache) {
        return { cache: source, isOwn: false, watched: new WatchedSource(source, format, waits) }
      }
      const cache = new BlockCache(source, { cacheSize: Math.floor(cacheSize / sources.length) })
      if (head.length > 0) cache.seed(head)
      return { cache, isOwn: true, watched: new WatchedSource(cache, format, waits) }
    })
    const server = await RangeServer.start({ onError, progress }).catch(async (error: unknown) => {
      await Promise.all(caches.filter(({ isOwn }) => isOwn).map(({ cache }) => cache.close()))
      throw error
    })
    const inputs = caches.map(one => ({ ...one, served: server.add(one.watched) }))
    return new SeekableInputs(server, inputs)
  }

  /** The child's environment with the server as proxy, including its token, replacing any other proxy. */
  environment(env: Readonly<Record<string, string>>): Record<string, string> {
    const rest = Object.entries(env).filter(([name]) => !/^(?:no|http|all)_proxy$/i.test(name))
    return { ...Object.fromEntries(rest), http_proxy: this.#server.proxy }
  }

  /** The URLs, in the order of the sources. */
  get urls(): readonly string[] {
    return this.#inputs.map(({ served }) => served.url)
  }

  /** The source with this index, through its cache. */
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

  /** The number of bytes the source with this index lacks compared with the length its container states. */
  shortfall(index: number, signal: AbortSignal): Promise<Shortfall | undefined> {
    return this.#inputs[index]!.watched.shortfall(signal)
  }

  /** Bytes sent to ffmpeg. */
  get bytesServed(): number {
    return this.#inputs.reduce((sum, { served }) => sum + served.bytesServed, 0)
  }

  /** Bytes requested from the sources. */
  get bytesFetched(): number {
    return this.#inputs.reduce((sum, { cache }) => sum + cache.bytesFetched, 0)
  }

  /** Ends the server and every read; resolves when nothing is left. */
  async close(): Promise<void> {
    await this.#server.close()
    await Promise.all(this.#inputs.filter(({ isOwn }) => isOwn).map(({ cache }) => cache.close()))
  }
}
