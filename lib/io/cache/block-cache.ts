import { GiB, KiB, MiB, integerOption, knownOptions, optionError, optionsObject } from '../../options.js'
import { abortError, untilAborted } from '../async/abort-error.js'
import { isOwnSource } from '../own-sources.js'
import { LEND, type LendingSource, type LentRead } from '../lent-read.js'
import { BLOCK_SIZE } from '../memory/block-pool.js'
import { BlockFetcher } from './block-fetcher.js'
import { CacheMemory } from './cache-memory.js'
import { CacheRead, type ReadHost } from './cache-read.js'
import { type Block, BlockStore } from './block-store.js'
import { BoundedSource } from '../sources/bounded-source.js'
import type { RandomAccess } from '../random-access.js'
import { type ReadCursor, ReadCursors } from './read-cursor.js'
import { checkRange } from '../check-range.js'
import { BlockWaiters } from './block-waiters.js'

/** Largest number of blocks in one read of the source. */
const MAX_RUN = 8

/** Limits of a {@link BlockCache}. */
export interface BlockCacheOptions {
  /**
   * Most bytes held, cached and in flight together: at least 1 MiB and one block. Raise it for media with
   * widely interleaved tracks, and for a distant store.
   */
  readonly cacheSize: number
  /**
   * Size of a block in bytes, from 4 KiB to `cacheSize`: the smallest read of the source.
   * @defaultValue 1 MiB
   */
  readonly blockSize?: number | undefined
  /**
   * Most reads of the source in flight at a time, from 1.
   * @defaultValue 6
   */
  readonly concurrency?: number | undefined
}

/**
 * A source behind a bounded cache, for readers that seek: data fetched by one read is available to the others.
 *
 * The source is read in blocks. Adjacent missing blocks are fetched in one read, a *run*. A reader at a new
 * position costs one block; the further it reads in order, and as long as it has to wait, the further the cache
 * reads ahead of it, up to its share of the cache: with `W` blocks ahead, `concurrency` runs of `W /
 * concurrency` blocks (at most 8) are in flight. A reader that returns to where another one stopped inherits
 * its read-ahead, see {@link ReadCursors}. A block in flight is shared by all readers that need it.
 *
 * When a reader leaves, the blocks only it needed are cancelled, except the one it was in: readers that
 * alternate between two positions need that one next, and cancelling would cost a read each time. If a reader
 * has returned before, its read-ahead is finished as well. Bytes received before a cancellation are kept.
 *
 * A failed read rejects every reader waiting for its blocks, at its position; the failure is not cached, and
 * the next reader tries again.
 *
 * **Memory.** Blocks cached and in flight: at most `cacheSize`, rounded down to blocks, and less where
 * `setMemoryBudget()` asks for it. On top of that, the source's own memory for at most `concurrency` reads; and for
 * each chunk that a consumer keeps, its block, once that has left the cache. The first read takes a share of that
 * budget, and {@link close} gives it back.
 *
 * @example
 * ```ts
 * const cache = new BlockCache(new S3Source({ client, bucket, key }), { cacheSize: 32 * 1024 * 1024 })
 * for await (const chunk of cache.read(0, 100)) process.stdout.write(chunk)
 * await cache.close()
 * ```
 */
export class BlockCache implements LendingSource {
  readonly #source: RandomAccess
  readonly #blockSize: number
  readonly #concurrency: number
  readonly #store: BlockStore
  readonly #cursors: ReadCursors
  readonly #fetcher: BlockFetcher
  readonly #waiters = new BlockWaiters<Block>()
  readonly #memory: CacheMemory
  readonly #host: ReadHost
  /** Cursors whose next block could not be requested yet: while there are any, nothing is read ahead. */
  readonly #hungry = new Set<ReadCursor>()
  readonly #abort = new AbortController()
  #size: Promise<number> | undefined
  #knownSize = Infinity
  #closed: Promise<void> | undefined

  /** @throws {@link OptionError} where an option breaks its rule */
  constructor(source: RandomAccess, options: BlockCacheOptions) {
    const given = optionsObject(options, 'BlockCache')
    knownOptions(given, 'BlockCache', ['cacheSize', 'blockSize', 'concurrency'])
    const cacheRule = { min: MiB, max: Number.MAX_SAFE_INTEGER, default: undefined, unit: 'bytes' }
    const cacheSize = integerOption(given, 'cacheSize', cacheRule)
    if (cacheSize === undefined) throw optionError('cacheSize', 'set: an integer, in bytes', undefined)
    const blockRule = { min: 4 * KiB, max: Math.min(cacheSize, GiB), default: MiB, unit: 'bytes' }
    this.#source = new BoundedSource(source)
    this.#blockSize = integerOption(given, 'blockSize', blockRule)
    this.#concurrency = integerOption(given, 'concurrency', { min: 1, max: 1000, default: 6 })
    const capacity = Math.floor(cacheSize / this.#blockSize)
    const pieceSize = this.#blockSize % BLOCK_SIZE === 0 ? BLOCK_SIZE : this.#blockSize
    const isUnwanted = ({ index }: Block) => !this.#cursors.wants(index)
    this.#memory = new CacheMemory({
      ...{ capacity, blockSize: this.#blockSize, pieceSize, isReused: isOwnSource(source) },
      onShrink: () => this.#store.trim(isUnwanted),
    })
    this.#store = new BlockStore(capacity, this.#memory)
    this.#cursors = new ReadCursors(this.#blockSize, this.#store)
    this.#fetcher = new BlockFetcher({
      source: this.#source,
      store: this.#store,
      blockSize: this.#blockSize,
      concurrency: this.#concurrency,
      lengthOf: index => this.#lengthOf(index),
      isWanted: index => this.#cursors.wants(index),
      onBytes: block => this.#waiters.wake(block),
      onError: (error, lost) => this.#failed(error, lost),
      onRoom: () => this.#waiters.wakeAll(),
    })
    this.#host = {
      blockSize: this.#blockSize,
      waiters: this.#waiters,
      check: () => {
        if (this.#abort.signal.aborted) throw abortError(this.#abort.signal)
      },
      next: cursor => this.#next(cursor),
      delivered: (cursor, bytes) => this.#cursors.deliver(cursor, bytes),
      left: cursor => this.#left(cursor),
    }
  }

  /** Its name in errors: the source's own. */
  get name(): string | undefined {
    return this.#source.name
  }

  /** Pieces of memory allocated for blocks so far, of 256 KiB each by default; `undefined` if none is used again. */
  get piecesMade(): number | undefined {
    return this.#memory.piecesMade
  }

  /** Bytes received from the source, including those of cancelled reads. */
  get bytesFetched(): number {
    return this.#fetcher.bytesFetched
  }

  /** Reads of the source: about as many GETs. */
  get reads(): number {
    return this.#fetcher.reads
  }

  /**
   * Copies already known bytes, from byte 0, into the cache: they are not fetched while they stay cached. Call
   * it before the first read; bytes that do not fit are left out.
   */
  seed(head: Buffer): void {
    if (head.length > 0) this.#memory.open(this.#knownSize)
    for (let index = 0; index * this.#blockSize < head.length; index++) {
      const block = this.#store.add(index, this.#lengthOf(index), () => false)
      if (block === undefined) return
      block.write(head.subarray(index * this.#blockSize))
    }
  }

  /**
   * Total length in bytes; requested from the source once. A failure is not cached: the next call tries again.
   */
  async size(signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) throw abortError(signal)
    this.#size ??= this.#askSize()
    return signal === undefined ? this.#size : untilAborted(this.#size, signal, () => undefined)
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order, in chunks of at most 64 KiB that are
   * views of cached blocks and must not be modified. Nothing past the block of `end` is fetched for it. Leaving
   * the loop, or aborting `signal`, cancels the blocks only this reader needed.
   *
   * @throws {@link SourceError} AVIO_ERR_SOURCE_RANGE if the source has no such bytes, and any error of the
   * source
   */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    if (start === end) {
      checkRange(start, end, await this.size(signal), 'the source')
      return
    }
    const reading = await this[LEND](start, end, signal)
    try {
      while (!reading.isOver) {
        const chunk = reading.take()
        if (chunk === undefined) {
          await new Promise<void>(resolve => reading.onMore(resolve))
          continue
        }
        // Whoever reads this way may keep its chunks.
        reading.keep()
        yield chunk
      }
    } finally {
      await reading.close()
    }
  }

  /**
   * Like {@link BlockCache.read}, for a reader that gives the chunks back: the memory of a block that has left the
   * cache holds another block once nobody sends from it any more.
   *
   * @internal
   */
  async [LEND](start: number, end: number, signal?: AbortSignal): Promise<LentRead> {
    checkRange(start, end, await this.size(signal), 'the source')
    this.#memory.open(this.#knownSize)
    return new CacheRead(this.#host, this.#cursors.open(start, end), end, signal)
  }

  /**
   * Cancels everything: loops throw an `AbortError`. Resolves when all reads of the source have settled, or
   * were abandoned by {@link BoundedSource} because they ignore their signal.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#abort.abort()
    this.#waiters.wakeAll()
    await Promise.allSettled([this.#size, this.#fetcher.close()])
    this.#store.clear()
    this.#memory.close()
  }

  async #askSize(): Promise<number> {
    try {
      if (this.#abort.signal.aborted) throw abortError(this.#abort.signal)
      this.#knownSize = await this.#source.size(this.#abort.signal)
      // The first bytes may have been seeded before the length of the last block was known.
      const last = this.#store.peek(this.#blockOf(this.#knownSize))
      if (last !== undefined) last.length = this.#lengthOf(last.index)
      return this.#knownSize
    } catch (error) {
      this.#size = undefined
      throw error
    }
  }

  /**
   * The block at the cursor's position, requested if it is missing; `undefined` while there is no room for it.
   */
  #next(cursor: ReadCursor): Block | undefined {
    const index = this.#blockOf(cursor.position)
    const isThere = (block: Block | undefined) => (block?.filled ?? 0) > cursor.position % this.#blockSize
    let block = this.#store.use(index)
    if (!isThere(block)) cursor.starved(index, this.#blockSize)
    if (block?.whole !== true && block?.underWay !== true) {
      cursor.horizon = Infinity
      const { first, last } = this.#cursors.reach(cursor)
      this.#fetcher.start(index, Math.min(this.#runLength(first, last), this.#stretch(index, last)), true)
      block = this.#store.peek(index)
    }
    if (isThere(block) || block?.underWay === true) this.#hungry.delete(cursor)
    else this.#hungry.add(cursor)
    this.#readAhead(cursor)
    return block
  }

  #left(cursor: ReadCursor): void {
    this.#hungry.delete(cursor)
    this.#cursors.close(cursor)
    this.#fetcher.trim()
  }

  /** Requests the missing blocks up to the end of the cursor's window, in runs of the window's run length. */
  #readAhead(cursor: ReadCursor): void {
    const { first, last } = this.#cursors.reach(cursor)
    const runLength = this.#runLength(first, last)
    const end = Math.min(last, cursor.horizon - 1)
    for (let index = first + 1; index <= end; index++) {
      if (this.#hungry.size > 0 || this.#fetcher.busy) return
      const length = Math.min(runLength, this.#stretch(index, end))
      if (length === 0) continue
      // The window advances one block at a time: its far end is requested once it fills a whole run.
      if (length < runLength && index + length > last && last < cursor.last) return
      if (!this.#fetcher.start(index, length, false)) return
      index += length - 1
    }
  }

  /** Number of missing blocks from `index` on, up to block `last`. */
  #stretch(index: number, last: number): number {
    let length = 0
    for (; index + length <= last; length++) {
      const block = this.#store.peek(index + length)
      // A partly filled block can only be the first of a run.
      const missing = block === undefined || (length === 0 && !block.whole && !block.underWay)
      if (!missing) break
    }
    return length
  }

  /** Number of blocks of a run for a window from block `first` to block `last`. */
  #runLength(first: number, last: number): number {
    return Math.min(Math.ceil((last - first + 1) / this.#concurrency), MAX_RUN)
  }

  #failed(error: Error, lost: readonly Block[]): void {
    this.#cursors.stopAt(lost[0]!.index)
    for (const block of lost) this.#waiters.fail(block, error)
  }

  #blockOf(position: number): number {
    return Math.floor(position / this.#blockSize)
  }

  #lengthOf(index: number): number {
    return Math.min(this.#blockSize, this.#knownSize - index * this.#blockSize)
  }
}
