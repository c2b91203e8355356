/** A block of a source, `blockSize` long except the last. Always a prefix: bytes 0 to `filled` are present. */
export class Block {
  /** Its number: it starts at byte `index` × `blockSize`. */
  readonly index: number
  /** Its full length in bytes. */
  length: number
  /** Number of bytes received. */
  filled = 0
  /** Whether a read in flight will fill the rest. */
  underWay = false
  #bytes: Buffer | undefined

  constructor(index: number, length: number) {
    this.index = index
    this.length = length
  }

  /** Whether it is fully received. */
  get whole(): boolean {
    return this.filled >= this.length
  }

  /** Copies the beginning of `chunk`; returns the number of bytes there was room for. */
  write(chunk: Uint8Array): number {
    const length = Math.min(chunk.length, this.length - this.filled)
    // Allocated with the first byte, and never from a pool: a chunk that a consumer keeps retains this block
    // alone.
    this.#bytes ??= Buffer.allocUnsafeSlow(this.length)
    this.#bytes.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.filled)
    this.filled += length
    return length
  }

  /** Bytes `from` to `to` of the block, without copying. */
  slice(from: number, to: number): Buffer {
    return this.#bytes!.subarray(from, to)
  }
}

/**
 * Blocks by number, at most `capacity` of them, with least-recently-used eviction. A block in flight counts
 * from its request on, and stays until its read has settled.
 */
export class BlockStore {
  /** Most blocks held at a time. */
  readonly capacity: number
  /** Ordered by last use. */
  readonly #blocks = new Map<number, Block>()

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** Number of blocks held. */
  get count(): number {
    return this.#blocks.size
  }

  /** The block with that number, without counting as a use. */
  peek(index: number): Block | undefined {
    return this.#blocks.get(index)
  }

  /** The block with that number, which becomes the most recently used. */
  use(index: number): Block | undefined {
    const block = this.#blocks.get(index)
    if (block === undefined) return undefined
    this.#blocks.delete(index)
    this.#blocks.set(index, block)
    return block
  }

  /**
   * Adds an empty block with that number. If the store is full, it evicts the least recently used block that is
   * not in flight and that `mayGo`; returns `undefined` if there is none.
   */
  add(index: number, length: number, mayGo: (block: Block) => boolean): Block | undefined {
    if (this.#blocks.size >= this.capacity) {
      const victim = this.#victim(mayGo)
      if (victim === undefined) return undefined
      this.#blocks.delete(victim.index)
    }
    const block = new Block(index, length)
    this.#blocks.set(index, block)
    return block
  }

  /** Forgets a block. */
  remove(block: Block): void {
    if (this.#blocks.get(block.index) === block) this.#blocks.delete(block.index)
  }

  /** Forgets everything. */
  clear(): void {
    this.#blocks.clear()
  }

  #victim(mayGo: (block: Block) => boolean): Block | undefined {
    for (const block of this.#blocks.values()) if (!block.underWay && mayGo(block)) return block
    return undefined
  }
}
