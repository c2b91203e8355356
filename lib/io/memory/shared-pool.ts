import { BlockPool } from './block-pool.js'
import type { MemoryShare } from './memory-budget.js'

/**
 * Blocks that count against a stage's share of the process's memory, free ones included. All of them have to come back.
 */
export class SharedPool extends BlockPool {
  /** The share that keeps account of the blocks, if any. */
  share: MemoryShare | undefined
  /** Bytes in blocks, free ones included. */
  #allocated = 0
  /** Bytes that have been promised, and not yet taken. */
  #promised = 0

  /** A block: a free one, or a new one of `size` bytes. */
  override take(size?: number): Buffer {
    const { made } = this
    const block = super.take(size)
    if (this.made > made) this.#allocated += block.length
    this.#promised = Math.max(0, this.#promised - block.length)
    this.#account()
    return block
  }

  /** Takes a block back. A smaller one, and those beyond the share, are left to the garbage collector. */
  override give(block: Buffer): void {
    super.give(block)
    if (block.length !== this.blockSize) this.#allocated -= block.length
    this.trim()
  }

  /** Promises that `size` bytes can be taken, if the share has room for them beside the blocks in use. */
  promise(size: number): boolean {
    if (this.share === undefined) return true
    if (this.#used + size > this.share.limit) return false
    this.#promised = size
    this.#account()
    return true
  }

  /** Releases free blocks beyond the share. */
  trim(): void {
    const beyond = this.#allocated - (this.share?.limit ?? Infinity)
    if (beyond > 0) {
      const before = this.free
      this.shrink(before - Math.ceil(beyond / this.blockSize))
      this.#allocated -= (before - this.free) * this.blockSize
    }
    this.#account()
  }

  /** Leaves all blocks to the garbage collector, and closes the share. */
  override close(): void {
    super.close()
    this.share?.close()
  }

  get #used(): number {
    return this.#allocated - this.free * this.blockSize
  }

  #account(): void {
    this.share?.hold(Math.max(this.#allocated, this.#used + this.#promised))
  }
}
