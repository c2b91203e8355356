import { KiB } from '../../options.js'

/**
 * The size of a block in bytes: 256 KiB. Large enough that a read from a socket is one system call (64 KiB
 * blocks cost twice the CPU time per byte, 8 MiB blocks a page fault per page), small enough to be freed soon.
 */
export const BLOCK_SIZE = 256 * KiB

/** Set in tests: memory that goes back to a pool is overwritten, so that code that still reads it fails. */
const POISONS = process.env['AVIO_DEBUG_POISON'] === '1'
const POISON = 0xdb

/**
 * Blocks of one size that are used again. A new block costs a system call, a page fault for every page, and, as memory
 * outside of V8's heap, a share of a full garbage collection.
 *
 * It keeps free blocks only, never more than were in use at a time, until it is closed.
 */
export class BlockPool {
  /** Bytes of a block. */
  readonly blockSize: number
  readonly #free: Buffer[] = []
  #made = 0
  #isClosed = false

  /** @param blockSize - bytes of a block */
  constructor(blockSize = BLOCK_SIZE) {
    this.blockSize = blockSize
  }

  /** Number of blocks allocated so far. */
  get made(): number {
    return this.#made
  }

  /** Number of free blocks. */
  get free(): number {
    return this.#free.length
  }

  /** A block, with whatever bytes were in it last: a free one, or a new one of `size` bytes. */
  take(size = this.blockSize): Buffer {
    const free = this.#free.pop()
    if (free !== undefined) return free
    this.#made++
    return Buffer.allocUnsafeSlow(size)
  }

  /** Takes a block back: nothing may read or write it any more. A smaller one is left to the garbage collector. */
  give(block: Buffer): void {
    if (POISONS) block.fill(POISON)
    if (!this.#isClosed && block.length === this.blockSize) this.#free.push(block)
  }

  /** Keeps at most `count` free blocks, and leaves the others to the garbage collector. */
  shrink(count: number): void {
    if (this.#free.length > count) this.#free.length = Math.max(0, count)
  }

  /** Leaves all blocks to the garbage collector, those still in use as well. */
  close(): void {
    this.#isClosed = true
    this.#free.length = 0
  }
}
