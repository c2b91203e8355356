import { BlockPool } from '../memory/block-pool.js'
import { type MemoryShare, openShare } from '../memory/memory-budget.js'
import { CountedMemory, type MemoryOwner } from './counted-memory.js'
import type { BlockMemory } from './block-store.js'

/**
 * The fewest blocks a cache has room for, in any budget: readers that alternate between two positions (audio here,
 * video there) need one each, and would otherwise fetch them again and again.
 */
const MIN_PLACES = 2

/** The blocks of a cache. */
export interface CacheMemoryOptions {
  /** Most of them. */
  readonly capacity: number
  /** Bytes of each. */
  readonly blockSize: number
  /** Bytes of a piece of their memory. */
  readonly pieceSize: number
  /** Whether their memory is used again. */
  readonly isReused: boolean
  /** There may be fewer of them now: drop those that are only kept for later. */
  readonly onShrink: () => void
}

/**
 * The memory of one cache, and its share of the process's memory budget.
 *
 * Its share counts everything in use: the blocks, and what has left the cache while a connection still sends from it or
 * a cancelled read of the source may still write to it. Free pieces count as well. The share decides how many blocks
 * there may be. It never goes below two: a block that has left the cache may wait for a connection that itself waits
 * for another one's block, and must not take its place.
 */
export class CacheMemory implements BlockMemory, MemoryOwner {
  readonly #options: CacheMemoryOptions
  readonly #pool: BlockPool | undefined
  #share: MemoryShare | undefined
  /** Bytes of the blocks, whether they have memory yet or not. */
  #cached = 0
  /** Bytes of memory in use. */
  #used = 0
  /** Those among them that have left the cache. */
  #left = 0
  #isClosed = false

  constructor(options: CacheMemoryOptions) {
    this.#options = options
    // Code of others may write to the memory that it was given later as well.
    this.#pool = options.isReused ? new BlockPool(options.pieceSize) : undefined
  }

  /** Pieces allocated so far; `undefined` if none is used again. */
  get piecesMade(): number | undefined {
    return this.#pool?.made
  }

  /**
   * Begins to count among the stages that share the process's memory; {@link close} ends it.
   *
   * @param size - bytes of the source, as far as they are known
   */
  open(size: number): void {
    if (this.#isClosed) return
    const { capacity, blockSize, onShrink } = this.#options
    const blocks = Math.min(capacity, Math.ceil(size / blockSize))
    const claim = { min: Math.min(blocks, MIN_PLACES + 1) * blockSize, max: blocks * blockSize }
    if (this.#share === undefined) {
      this.#share = openShare(claim, () => {
        onShrink()
        this.#account()
      })
    } else this.#share.reclaim(claim)
  }

  get places(): number {
    const { capacity, blockSize } = this.#options
    const limit = this.#share?.limit ?? Infinity
    if (limit === Infinity) return capacity
    return Math.min(capacity, Math.max(MIN_PLACES, Math.floor((limit - this.#left) / blockSize)))
  }

  make(size: number): CountedMemory {
    const memory = new CountedMemory(size, this.#options.pieceSize, this.#pool, this)
    this.#used += size
    this.#account()
    return memory
  }

  hold(bytes: number): void {
    this.#cached = bytes
    this.#account()
  }

  left(size: number): void {
    this.#left += size
    this.#account()
  }

  freed(size: number, hasLeft: boolean): void {
    this.#used -= size
    if (hasLeft) this.#left -= size
    this.#account()
  }

  /** Leaves all memory to the garbage collector, and closes the share. */
  close(): void {
    this.#isClosed = true
    this.#pool?.close()
    this.#share?.close()
  }

  #account(): void {
    if (this.#share === undefined) return
    const pool = this.#pool
    let free = 0
    if (pool !== undefined) {
      pool.shrink(Math.floor((this.#share.limit - this.#used) / pool.blockSize))
      free = pool.free * pool.blockSize
    }
    // A block that has no memory yet takes free pieces, if there are any.
    this.#share.hold(Math.max(this.#used + free, this.#cached + this.#left))
  }
}
