import { BlockPool } from './block-pool.js'

/**
 * Memory that is lent instead of made: a stage fills blocks of its own, passes them on in chunks, and fills them again
 * once every byte has come back.
 *
 * The last consumer of a chunk (a sink that has copied it, a pipe that has written it) gives it back with
 * {@link giveBack}. No consumer has to: a block that lacks a single byte is left to the garbage collector. So a
 * consumer may keep any chunk that it doesn't give back. If other code might see a chunk, such as a second listener,
 * the loan ends: {@link keep}.
 */

/** A block that is out. */
interface Loan {
  readonly block: Buffer
  readonly owner: Loans
  /** The owner's term at the time it was taken: what belongs to an earlier term stays where it is. */
  readonly term: number
  /** Bytes of the block that are passed on in all. */
  size: number
  returned: number
}

/** By the memory of the block, which all chunks of it share. */
const LOANS = new WeakMap<ArrayBufferLike, Loan>()

/** Blocks of a stage that come back. */
export class Loans {
  readonly #pool: BlockPool
  #term = 0

  constructor(pool = new BlockPool()) {
    this.#pool = pool
  }

  /** Number of blocks allocated so far. */
  get made(): number {
    return this.#pool.made
  }

  /** Bytes in free blocks. */
  get free(): number {
    return this.#pool.free * this.#pool.blockSize
  }

  /** Keeps at most `bytes` in free blocks. */
  shrink(bytes: number): void {
    this.#pool.shrink(Math.floor(bytes / this.#pool.blockSize))
  }

  /**
   * Memory for `size` bytes, at most a block. All of it is to be passed on, in chunks that don't overlap; see
   * {@link seal}. Short memory is not worth a block.
   */
  take(size = this.#pool.blockSize): Buffer {
    const { blockSize } = this.#pool
    if (2 * size <= blockSize) return Buffer.allocUnsafeSlow(size)
    const block = this.#pool.take()
    const length = Math.min(size, blockSize)
    LOANS.set(block.buffer, { block, owner: this, term: this.#term, size: length, returned: 0 })
    return length === blockSize ? block : block.subarray(0, length)
  }

  /** Only the first `used` bytes of `memory` are passed on. */
  seal(memory: Buffer, used: number): void {
    const loan = LOANS.get(memory.buffer)
    if (loan === undefined) return
    loan.size = used
    this.settle(loan)
  }

  /** Nothing that is out now will be used again. */
  keepAll(): void {
    this.#term++
  }

  /** The stage is over: leaves all memory to the garbage collector. */
  close(): void {
    this.keepAll()
    this.#pool.close()
  }

  /** Uses a block again, if all of it is back. */
  settle(loan: Loan): void {
    if (loan.returned < loan.size) return
    LOANS.delete(loan.block.buffer)
    if (loan.term === this.#term) this.#pool.give(loan.block)
  }
}

/** Gives a chunk back, once and for good: the caller must not read it any more. Does nothing if it is not lent. */
export function giveBack(chunk: Uint8Array): void {
  const loan = LOANS.get(chunk.buffer)
  if (loan === undefined) return
  loan.returned += chunk.byteLength
  loan.owner.settle(loan)
}

/** Ends the loan of a chunk's block: any code that sees the chunk may keep it. */
export function keep(chunk: Uint8Array): void {
  LOANS.delete(chunk.buffer)
}
