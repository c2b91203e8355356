import type { BlockPool } from '../memory/block-pool.js'

/** Keeps account of the memory of blocks. */
export interface MemoryOwner {
  /** Memory of that many bytes is cached no longer, and still in use. */
  left(size: number): void
  /** Memory of that many bytes is not in use any more. */
  freed(size: number, hasLeft: boolean): void
}

/**
 * The memory of one block, in pieces of the pool, with a count of its users: the block itself, as long as it is cached;
 * a read of the source that writes to it; and each chunk of it that is still being sent. When the last one is done, the
 * pieces go back to the pool, and soon hold other bytes. So one that is never done costs no more than the reuse.
 */
export class CountedMemory {
  readonly #pieces: Buffer[] = []
  readonly #size: number
  readonly #pieceSize: number
  readonly #pool: BlockPool | undefined
  readonly #owner: MemoryOwner | undefined
  #users = 1
  #isKept = false
  #hasLeft = false
  /** Reads of the source that may write to it. */
  #writers = 0

  /**
   * The first user is the caller.
   *
   * @param size - bytes
   * @param pieceSize - bytes of a piece, except for the last one
   * @param pool - of blocks of that size; without one, the memory is used once
   * @param owner - keeps account of it
   */
  constructor(size: number, pieceSize: number, pool: BlockPool | undefined, owner?: MemoryOwner) {
    this.#size = size
    this.#pieceSize = pieceSize
    this.#pool = pool
    this.#owner = owner
    for (let at = 0; at < size; at += pieceSize) {
      const length = Math.min(pieceSize, size - at)
      // Never from Node's own pool: a chunk that a consumer keeps retains this block alone.
      this.#pieces.push(pool?.take(length) ?? Buffer.allocUnsafeSlow(length))
    }
  }

  /** Whether a read of the source may write to it. */
  get isWritten(): boolean {
    return this.#writers > 0
  }

  /** Counts a user. */
  use(): void {
    this.#users++
  }

  /** A user is done with it, and neither reads nor writes it any more. */
  done(): void {
    if (--this.#users > 0) return
    if (!this.#isKept) for (const piece of this.#pieces) this.#pool?.give(piece)
    this.#owner?.freed(this.#size, this.#hasLeft)
  }

  /** Like {@link done}, for the block itself: it is cached no longer, or has other memory. */
  leave(): void {
    if (this.#users > 1) {
      this.#hasLeft = true
      this.#owner?.left(this.#size)
    }
    this.done()
  }

  /** It is never used again, because somebody may keep a chunk of it. */
  keep(): void {
    this.#isKept = true
  }

  /** Counts a read of the source as a user. */
  startWriting(): void {
    this.#writers++
    this.use()
  }

  /** The read of the source has settled. */
  stopWriting(): void {
    this.#writers--
    this.done()
  }

  /** Its size in bytes. */
  get size(): number {
    return this.#size
  }

  /** The bytes from `from` to `to`, or fewer: up to the end of a piece. */
  slice(from: number, to: number): Buffer {
    const begin = from % this.#pieceSize
    const piece = this.#pieces[(from - begin) / this.#pieceSize]!
    return piece.subarray(begin, Math.min(begin + to - from, this.#pieceSize))
  }

  /** The memory from `from` to `to`. */
  rest(from: number, to: number): Buffer[] {
    const pieces: Buffer[] = []
    for (let at = from; at < to; at += pieces.at(-1)!.length) pieces.push(this.slice(at, to))
    return pieces
  }

  /** Copies `bytes` to `at`. */
  write(bytes: Uint8Array, at: number): void {
    let copied = 0
    for (const piece of this.rest(at, Math.min(at + bytes.length, this.#size))) {
      piece.set(bytes.subarray(copied, copied + piece.length))
      copied += piece.length
    }
  }
}
