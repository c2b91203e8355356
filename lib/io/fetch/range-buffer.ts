import { KiB } from '../../options.js'
import type { ByteRange } from '../byte-range.js'

/**
 * The size of a block in bytes: 256 KiB. Big enough that a read from a socket is one system call (64 KiB blocks
 * cost twice the CPU time a byte, 8 MiB ones a page fault a page), small enough to be let go of soon.
 */
export const BLOCK_SIZE = 256 * KiB

const NOTHING = Buffer.alloc(0)

/**
 * The bytes of one range: filled from its beginning by whoever fetches it, taken from its beginning by whoever
 * delivers it, both at their own pace.
 *
 * They lie in blocks that belong to this range alone and are made as bytes come in, so what is held is what has
 * come and was not yet taken, rounded up to blocks. A block is never used twice: whoever keeps a chunk keeps its
 * block of at most {@link BLOCK_SIZE} bytes and nothing else, for as long as they like.
 */
export class RangeBuffer implements ByteRange {
  /** The first byte. */
  readonly start: number
  readonly #onBytes: () => void
  #end: number
  #received: number
  #taken: number
  /** From the one that is taken from to the one that is filled. */
  readonly #blocks: Buffer[] = []
  /** How much of the last block is filled, and of the first is taken. */
  #filled = 0
  #offset = 0

  /**
   * @param range - which bytes
   * @param onBytes - called after more of them have come
   */
  constructor({ start, end }: ByteRange, onBytes: () => void = () => undefined) {
    this.start = this.#received = this.#taken = start
    this.#end = end
    this.#onBytes = onBytes
  }

  /** One past the last byte. */
  get end(): number {
    return this.#end
  }

  /** The next byte to come: everything before it is there. */
  get received(): number {
    return this.#received
  }

  /** The next byte to be taken. */
  get taken(): number {
    return this.#taken
  }

  /** Whether all bytes have come. */
  get complete(): boolean {
    return this.#received === this.#end
  }

  /** Ends the range earlier, before its bytes come: the source turned out to be shorter. */
  trim(end: number): void {
    if (end < this.#received || end > this.#end)
      throw new RangeError('A range can only be cut where it is open')
    this.#end = end
  }

  /** Room for the next bytes: never more than the range still lacks, and empty only when it is complete. */
  space(): Buffer {
    if (this.complete) return NOTHING
    let block = this.#blocks.at(-1)
    if (block === undefined || this.#filled === block.length) {
      block = Buffer.allocUnsafeSlow(Math.min(BLOCK_SIZE, this.#end - this.#received))
      this.#blocks.push(block)
      this.#filled = 0
    }
    return block.subarray(this.#filled)
  }

  /** Says that the next `length` bytes have been put at the beginning of {@link space}. */
  filled(length: number): void {
    this.#filled += length
    this.#received += length
    this.#onBytes()
  }

  /** Takes a copy of `chunk` in; returns how many bytes there was room for. */
  write(chunk: Uint8Array): number {
    let copied = 0
    while (copied < chunk.length && !this.complete) {
      const space = this.space()
      const length = Math.min(space.length, chunk.length - copied)
      space.set(length === chunk.length ? chunk : chunk.subarray(copied, copied + length))
      this.#filled += length
      this.#received += length
      copied += length
    }
    if (copied > 0) this.#onBytes()
    return copied
  }

  /** The next bytes, as many as lie together; `undefined` where none have come. */
  take(): Buffer | undefined {
    const block = this.#blocks[0]
    if (block === undefined || this.#taken === this.#received) return undefined
    const isLast = this.#blocks.length === 1
    const end = isLast ? this.#filled : block.length
    const chunk = this.#offset === 0 && end === block.length ? block : block.subarray(this.#offset, end)
    this.#taken += chunk.length
    this.#offset = end
    if (end === block.length) {
      this.#blocks.shift()
      this.#offset = 0
      if (isLast) this.#filled = 0
    }
    return chunk
  }
}
