import type { ByteRange } from '../byte-range.js'
import { BLOCK_SIZE } from '../memory/block-pool.js'

/** Where a {@link RangeBuffer} gets its blocks. */
export interface BlockMemory {
  /** Memory for `size` bytes from `position` on, at most {@link BLOCK_SIZE}; or for fewer of them. */
  take(size: number, position: number): Buffer
}

/** New blocks, each used once: a consumer may keep what it takes. */
const FRESH: BlockMemory = { take: size => Buffer.allocUnsafeSlow(size) }

const NOTHING = Buffer.alloc(0)

/**
 * The bytes of one range: filled from its start by the fetcher and taken from its start by the consumer, each
 * at its own pace.
 *
 * They lie in blocks that belong to this range alone and are taken as bytes arrive, so memory is what has arrived and
 * not yet been taken, rounded up to blocks. The range never uses a block again: a consumer that keeps a chunk retains
 * its block of at most {@link BLOCK_SIZE} bytes and nothing else, unless the memory is lent (`memory/loans.ts`).
 */
export class RangeBuffer implements ByteRange {
  /** The first byte. */
  readonly start: number
  readonly #onBytes: () => void
  readonly #memory: BlockMemory
  #end: number
  #received: number
  #taken: number
  /** From the block being taken from to the block being filled. */
  readonly #blocks: Buffer[] = []
  /** How much of the last block is filled, and of the first one taken. */
  #filled = 0
  #offset = 0

  /**
   * @param range - its bounds
   * @param onBytes - called after more bytes have arrived
   * @param memory - where its blocks come from
   */
  constructor({ start, end }: ByteRange, onBytes: () => void = () => undefined, memory = FRESH) {
    this.start = this.#received = this.#taken = start
    this.#end = end
    this.#onBytes = onBytes
    this.#memory = memory
  }

  /** One past the last byte. */
  get end(): number {
    return this.#end
  }

  /** The next byte to arrive: everything before it is present. */
  get received(): number {
    return this.#received
  }

  /** The next byte to take. */
  get taken(): number {
    return this.#taken
  }

  /** Whether all bytes have arrived. */
  get complete(): boolean {
    return this.#received === this.#end
  }

  /** Shortens the range before its bytes arrive, because the source turned out to be shorter. */
  trim(end: number): void {
    if (end < this.#received || end > this.#end)
      throw new RangeError('A range can only be trimmed past the bytes it has received')
    this.#end = end
  }

  /** Room for the next bytes: never more than the range still lacks, and empty only when it is complete. */
  space(): Buffer {
    if (this.complete) return NOTHING
    let block = this.#blocks.at(-1)
    if (block === undefined || this.#filled === block.length) {
      block = this.#memory.take(Math.min(BLOCK_SIZE, this.#end - this.#received), this.#received)
      this.#blocks.push(block)
      this.#filled = 0
    }
    return block.subarray(this.#filled)
  }

  /** Records that the next `length` bytes were written to the start of {@link space}. */
  filled(length: number): void {
    this.#filled += length
    this.#received += length
    this.#onBytes()
  }

  /** Copies `chunk`; returns the number of bytes there was room for. */
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

  /** The next contiguous bytes; `undefined` if none have arrived. */
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
