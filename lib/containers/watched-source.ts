import { LEND, type LendingSource, type LentRead, lentRead } from '../io/lent-read.js'
import type { ReadWaits } from '../io/monitor/read-waits.js'
import type { RandomAccess } from '../io/random-access.js'
import { ContainerWatch, type Shortfall } from './container-watch.js'

/**
 * Wraps a source and watches its reads: it passes on all bytes and errors unchanged, and finally reports whether the
 * source is as long as its container states. That takes reads of a few headers, if they were not read before.
 */
export class WatchedSource implements LendingSource {
  readonly #source: RandomAccess
  readonly #demuxers: string | undefined
  readonly #waits: ReadWaits | undefined
  #watch: ContainerWatch | undefined

  /**
   * @param source - the wrapped source
   * @param demuxers - names of the demuxer forced with `-f`, if any
   * @param waits - told while a read waits for the source
   */
  constructor(source: RandomAccess, demuxers: string | undefined, waits?: ReadWaits) {
    this.#source = source
    this.#demuxers = demuxers
    this.#waits = waits
  }

  /** The source's name in errors. */
  get name(): string | undefined {
    return this.#source.name
  }

  /** Total length in bytes, from the source. */
  size(signal?: AbortSignal): Promise<number> {
    return this.#source.size(signal)
  }

  /** The source's bytes from `start` (inclusive) to `end` (exclusive). */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const watch = await this.#watched(signal)
    let at = start
    let isWaiting = true
    this.#waits?.begin()
    try {
      for await (const chunk of this.#source.read(start, end, signal)) {
        this.#waits?.end()
        isWaiting = false
        watch.see(at, chunk)
        at += chunk.length
        yield chunk
        isWaiting = true
        this.#waits?.begin()
      }
    } finally {
      // At a yield, the reader may leave.
      if (isWaiting) this.#waits?.end()
    }
  }

  /**
   * Like {@link WatchedSource.read}, with chunks that are given back.
   *
   * @internal
   */
  async [LEND](start: number, end: number, signal?: AbortSignal): Promise<LentRead> {
    const watch = await this.#watched(signal)
    return new WatchedRead(await lentRead(this.#source, start, end, signal), watch, start, this.#waits)
  }

  /** Reports how far the source falls short of its container's stated extent. */
  async shortfall(signal?: AbortSignal): Promise<Shortfall | undefined> {
    const watch = await this.#watched(signal)
    return watch.finish(this.#source, signal)
  }

  async #watched(signal: AbortSignal | undefined): Promise<ContainerWatch> {
    const size = await this.#source.size(signal)
    return (this.#watch ??= new ContainerWatch(this.#demuxers, size))
  }
}

/** A lent read whose chunks are watched as they are taken. */
class WatchedRead implements LentRead {
  readonly #reading: LentRead
  readonly #watch: ContainerWatch
  readonly #waits: ReadWaits | undefined
  #at: number
  #isWaiting = false

  constructor(reading: LentRead, watch: ContainerWatch, start: number, waits: ReadWaits | undefined) {
    this.#reading = reading
    this.#watch = watch
    this.#at = start
    this.#waits = waits
  }

  get isOver(): boolean {
    return this.#reading.isOver
  }

  get prepaid(): number {
    return this.#reading.prepaid
  }

  take(most?: number): Buffer | undefined {
    const chunk = this.#reading.take(most)
    if (chunk === undefined) return undefined
    this.#watch.see(this.#at, chunk)
    this.#at += chunk.length
    return chunk
  }

  onMore(listener: () => void): void {
    this.#wait(true)
    this.#reading.onMore(() => {
      this.#wait(false)
      listener()
    })
  }

  giveBack(): void {
    this.#reading.giveBack()
  }

  keep(): void {
    this.#reading.keep()
  }

  close(): Promise<void> {
    this.#wait(false)
    return this.#reading.close()
  }

  #wait(isWaiting: boolean): void {
    if (this.#isWaiting === isWaiting) return
    this.#isWaiting = isWaiting
    if (isWaiting) this.#waits?.begin()
    else this.#waits?.end()
  }
}
