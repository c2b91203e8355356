import { CountedMemory } from './counted-memory.js'

/** Makes the memory of a block of that many bytes; the caller is its first user. */
export type MakeMemory = (size: number) => CountedMemory

const ONCE: MakeMemory = size => new CountedMemory(size, size, undefined)

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
  readonly #make: MakeMemory
  #memory: CountedMemory | undefined

  /** @param make - makes its memory, when it is needed; by default memory that is used once */
  constructor(index: number, length: number, make: MakeMemory = ONCE) {
    this.index = index
    this.length = length
    this.#make = make
  }

  /** Whether it is fully received. */
  get whole(): boolean {
    return this.filled >= this.length
  }

  /** The memory with its bytes. There is none before the first of them is expected. */
  get memory(): CountedMemory | undefined {
    return this.#memory
  }

  /** Copies the beginning of `chunk`; returns the number of bytes there was room for. */
  write(chunk: Uint8Array): number {
    const length = Math.min(chunk.length, this.length - this.filled)
    this.#memory ??= this.#make(this.length)
    this.#memory.write(chunk.subarray(0, length), this.filled)
    this.filled += length
    return length
  }

  /**
   * Its memory, for a read of the source that fills the rest, and that counts as a writer until it has settled. While a
   * cancelled read may still write, the bytes move to other memory.
   */
  lend(): CountedMemory {
    const before = this.#memory
    if (before?.isWritten === true) {
      const memory = (this.#memory = this.#make(this.length))
      let at = 0
      for (const piece of before.rest(0, this.filled)) {
        memory.write(piece, at)
        at += piece.length
      }
      before.done()
    }
    const memory = (this.#memory ??= this.#make(this.length))
    memory.startWriting()
    return memory
  }

  /** It is cached no longer. */
  drop(): void {
    this.#memory?.done()
    this.#memory = undefined
  }

  /** Bytes `from` to `to` of the block, without copying; or fewer, up to the end of a piece of memory. */
  slice(from: number, to: number): Buffer {
    return this.#memory!.slice(from, to)
  }
}

/**
 * Blocks by number, at most `capacity` of them, with least-recently-used eviction. A block in flight counts
 * from its request on, and stays until its read has settled.
 */
export class BlockStore {
  /** Most blocks held at a time. */
  readonly capacity: number
  /** Blocks that were removed, and whose memory a read that is being cancelled still has: they keep their places. */
  held = 0
  readonly #make: MakeMemory | undefined
  /** Ordered by last use. */
  readonly #blocks = new Map<number, Block>()

  /** @param make - makes the memory of the blocks */
  constructor(capacity: number, make?: MakeMemory) {
    this.capacity = capacity
    this.#make = make
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
    if (this.#blocks.size + this.held >= this.capacity) {
      const victim = this.#victim(mayGo)
      if (victim === undefined) return undefined
      this.remove(victim)
    }
    const block = new Block(index, length, this.#make)
    this.#blocks.set(index, block)
    return block
  }

  /** Forgets a block. */
  remove(block: Block): void {
    if (this.#blocks.get(block.index) !== block) return
    this.#blocks.delete(block.index)
    block.drop()
  }

  /** Forgets everything. */
  clear(): void {
    for (const block of this.#blocks.values()) block.drop()
    this.#blocks.clear()
  }

  #victim(mayGo: (block: Block) => boolean): Block | undefined {
    for (const block of this.#blocks.values()) if (!block.underWay && mayGo(block)) return block
    return undefined
  }
}
