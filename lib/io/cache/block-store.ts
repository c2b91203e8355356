/** A stretch of a source, one `blockSize` long but for the last. Always a prefix: bytes 0 to `filled` are there. */
export class Block {
  /** Its number: it begins at byte `index` × `blockSize`. */
  readonly index: number
  /** How many bytes it has when it is whole. */
  length: number
  /** How many bytes of it have come. */
  filled = 0
  /** Whether a read that is under way will bring the rest. */
  underWay = false
  #bytes: Buffer | undefined

  constructor(index: number, length: number) {
    this.index = index
    this.length = length
  }

  /** Whether all of it has come. */
  get whole(): boolean {
    return this.filled >= this.length
  }

  /** Takes a copy of the first bytes of `chunk` in; returns how many there was room for. */
  write(chunk: Uint8Array): number {
    const length = Math.min(chunk.length, this.length - this.filled)
    // Made with the first byte, and never taken from a pool: a chunk that somebody keeps keeps this block alone.
    this.#bytes ??= Buffer.allocUnsafeSlow(this.length)
    this.#bytes.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.filled)
    this.filled += length
    return length
  }

  /** Bytes `from` to `to` of the block, not copied. */
  slice(from: number, to: number): Buffer {
    return this.#bytes!.subarray(from, to)
  }
}

/**
 * Blocks by number, at most `capacity` of them, the least recently used first to go. A block that is under way counts
 * from the moment it is asked for, and stays until its read has settled.
 */
export class BlockStore {
  /** Most blocks that are held at a time. */
  readonly capacity: number
  /** In the order of their last use. */
  readonly #blocks = new Map<number, Block>()

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** How many blocks are held. */
  get count(): number {
    return this.#blocks.size
  }

  /** The block of that number, which does not count as a use. */
  peek(index: number): Block | undefined {
    return this.#blocks.get(index)
  }

  /** The block of that number, which is now the one used last. */
  use(index: number): Block | undefined {
    const block = this.#blocks.get(index)
    if (block === undefined) return undefined
    this.#blocks.delete(index)
    this.#blocks.set(index, block)
    return block
  }

  /**
   * A new, empty block of that number. Where all places are taken, it takes that of the least recently used block
   * which is not under way and which `mayGo`; `undefined` where there is none.
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
