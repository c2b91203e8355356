import { CountedMemory } from './counted-memory.js'

/** The memory of the blocks. */
export interface BlockMemory {
  /** Most blocks that may be held now. */
  readonly places: number
  /** Makes the memory of a block of that many bytes; the caller is its first user. */
  make(size: number): CountedMemory
  /** Told how many bytes all blocks have. */
  hold(bytes: number): void
}

/** Memory that is used once, and that nobody keeps account of. */
const ONCE: BlockMemory = {
  places: Infinity,
  make: size => new CountedMemory(size, size, undefined),
  hold: () => undefined,
}

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
  readonly #from: Pick<BlockMemory, 'make'>
  #memory: CountedMemory | undefined

  /** @param from - makes its memory, when it is needed; by default memory that is used once */
  constructor(index: number, length: number, from: Pick<BlockMemory, 'make'> = ONCE) {
    this.index = index
    this.length = length
    this.#from = from
  }

  /** Whether it is fully received. */
  get whole(): boolean {
    return this.filled >= this.length
  }

  /** The memory with its bytes. There is none before the first of them is expected. */
  get memory(): CountedMemory | undefined {
    return this.#memory
  }

  /** Bytes of its memory, which may have been made before its length was known. */
  get size(): number {
    return this.#memory?.size ?? this.length
  }

  /** Copies the beginning of `chunk`; returns the number of bytes there was room for. */
  write(chunk: Uint8Array): number {
    const length = Math.min(chunk.length, this.length - this.filled)
    this.#memory ??= this.#from.make(this.length)
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
      const memory = (this.#memory = this.#from.make(this.length))
      let at = 0
      for (const piece of before.rest(0, this.filled)) {
        memory.write(piece, at)
        at += piece.length
      }
      before.leave()
    }
    const memory = (this.#memory ??= this.#from.make(this.length))
    memory.startWriting()
    return memory
  }

  /** It is cached no longer. */
  drop(): void {
    this.#memory?.leave()
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
  /** Blocks that were removed, and whose memory a read that is being cancelled still has: they keep their places. */
  held = 0
  readonly #capacity: number
  readonly #memory: BlockMemory
  /** Ordered by last use. */
  readonly #blocks = new Map<number, Block>()
  /** Of all blocks. */
  #bytes = 0

  /**
   * @param capacity - most blocks held at a time
   * @param memory - of the blocks; by default memory that is used once
   */
  constructor(capacity: number, memory: BlockMemory = ONCE) {
    this.#capacity = capacity
    this.#memory = memory
  }

  /** Most blocks held now. */
  get capacity(): number {
    return Math.min(this.#capacity, this.#memory.places)
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
   * Adds an empty block with that number. If the store is full, it evicts the least recently used blocks that are
   * not in flight and that `mayGo`; returns `undefined` if there are none.
   */
  add(index: number, length: number, mayGo: (block: Block) => boolean): Block | undefined {
    if (!this.#evict(this.capacity - 1, mayGo)) return undefined
    const block = new Block(index, length, this.#memory)
    this.#blocks.set(index, block)
    this.#count(length)
    return block
  }

  /** Evicts blocks as {@link add} does, until there are no more than may be held. */
  trim(mayGo: (block: Block) => boolean): void {
    this.#evict(this.capacity, mayGo)
  }

  /** Forgets a block. */
  remove(block: Block): void {
    if (this.#blocks.get(block.index) !== block) return
    this.#blocks.delete(block.index)
    this.#count(-block.size)
    block.drop()
  }

  /** Forgets everything. */
  clear(): void {
    for (const block of this.#blocks.values()) this.remove(block)
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#memory.hold(this.#bytes)
  }

  /** Evicts blocks until at most `count` places are taken; returns whether it could. */
  #evict(count: number, mayGo: (block: Block) => boolean): boolean {
    while (this.#blocks.size + this.held > count) {
      const victim = this.#victim(mayGo)
      if (victim === undefined) return false
      this.remove(victim)
    }
    return true
  }

  #victim(mayGo: (block: Block) => boolean): Block | undefined {
    for (const block of this.#blocks.values()) if (!block.underWay && mayGo(block)) return block
    return undefined
  }
}
