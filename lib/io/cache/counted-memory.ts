import type { BlockPool } from '../memory/block-pool.js'

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
  #users = 1
  #isKept = false
  /** Reads of the source that may write to it. */
  #writers = 0

  /**
   * The first user is the caller.
   *
   * @param size - bytes
   * @param pieceSize - bytes of a piece, except for the last one
   * @param pool - of blocks of that size; without one, the memory is used once
   */
  constructor(size: number, pieceSize: number, pool: BlockPool | undefined) {
    this.#size = size
    this.#pieceSize = pieceSize
    this.#pool = pool
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
    if (--this.#users > 0 || this.#isKept) return
    for (const piece of this.#pieces) this.#pool?.give(piece)
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
