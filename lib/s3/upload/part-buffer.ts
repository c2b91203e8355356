import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { KiB, MiB } from '../../options.js'
import { combineCrc32 } from './combine-crc32.js'

/**
 * The bytes of one part, owned.
 *
 * What a stream writes is often a small view of a large slab; keeping the view would keep the slab. So bytes are
 * copied, once, into blocks. Blocks and not one buffer of the part's size: an object of ten bytes takes 64 KiB and
 * not 8 MiB, a part may be larger than the largest `Buffer`, and blocks fit into a later part of any size, so that
 * they are used again instead of being allocated (and zeroed by the system) anew for every part.
 */

/** The size of a block, in bytes. */
export const BLOCK_SIZE = MiB

/** The size of the very first block, in bytes: each further one is as large as all before it, up to a whole one. */
const FIRST_BLOCK_SIZE = 64 * KiB

/** How much of a block is handed to the socket at a time, in bytes. What moves in between is seen as progress. */
const SLICE_SIZE = 256 * KiB

/** Blocks that no part uses at present. Never more than once were in use at the same time. */
export class BlockPool {
  readonly #free: Buffer[] = []

  /** A block: a used one where there is one, else a new one of `size` bytes. */
  take(size: number): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(size)
  }

  /** Takes blocks back. Small ones are left to the garbage collector. */
  give(blocks: Iterable<Buffer>): void {
    for (const block of blocks) if (block.length === BLOCK_SIZE) this.#free.push(block)
  }

  /** Lets go of all free blocks. */
  clear(): void {
    this.#free.length = 0
  }
}

const NOTHING = Buffer.alloc(0)

/** A part: filled by `append`, read as often as it has to be sent, then released. */
export class PartBuffer {
  /** How many bytes it takes by `append`. */
  readonly capacity: number
  readonly #pool: BlockPool
  readonly #sumsCrc: boolean
  readonly #digests = new Map<string, Buffer>()
  #prefix: Buffer = NOTHING
  #blocks: Buffer[] = []
  #size = 0
  /** Bytes that still fit into the last block. */
  #room = 0
  #crc32 = 0
  /** How many bytes are in the sum. */
  #summed = 0

  /**
   * @param capacity - how many bytes it takes by `append`
   * @param sumsCrc - whether to keep a CRC-32
   */
  constructor(capacity: number, pool: BlockPool, sumsCrc: boolean) {
    this.capacity = capacity
    this.#pool = pool
    this.#sumsCrc = sumsCrc
  }

  /** How many bytes it holds. */
  get size(): number {
    return this.#prefix.length + this.#size
  }

  /** Whether no more bytes fit. */
  get full(): boolean {
    return this.#size === this.capacity
  }

  /** The CRC-32 of the bytes; 0 for a part that keeps none. */
  get crc32(): number {
    if (!this.#sumsCrc) return 0
    this.#sum()
    return combineCrc32(crc32(this.#prefix), this.#crc32, this.#size)
  }

  /** Puts `bytes` in front of all that was, and will be, appended. They are kept, not copied. */
  prepend(bytes: Buffer): void {
    this.#prefix = bytes
    this.#digests.clear()
  }

  /** Copies as much of `chunk`, from `start` on, as still fits; returns how much that was, in bytes. */
  append(chunk: Uint8Array, start: number): number {
    const end = Math.min(chunk.length, start + this.capacity - this.#size)
    for (let from = start; from < end;) {
      if (this.#room === 0) this.#addBlock()
      const block = this.#blocks.at(-1)!
      const to = Math.min(end, from + this.#room)
      block.set(chunk.subarray(from, to), block.length - this.#room)
      this.#room -= to - from
      this.#size += to - from
      from = to
    }
    return end - start
  }

  /** A digest of the bytes, once all are there; computed when first asked for. */
  digest(algorithm: 'md5' | 'sha256'): Buffer {
    let digest = this.#digests.get(algorithm)
    if (digest === undefined) {
      const hash = createHash(algorithm)
      for (const piece of this.#pieces()) hash.update(piece)
      digest = hash.digest()
      this.#digests.set(algorithm, digest)
    }
    return digest
  }

  /** The bytes in order, as views no longer than 256 KiB. */
  *slices(): Generator<Buffer, void> {
    for (const piece of this.#pieces()) {
      for (let from = 0; from < piece.length; from += SLICE_SIZE)
        yield piece.subarray(from, from + SLICE_SIZE)
    }
  }

  /** Gives the memory back. Only when nothing reads the part any more. */
  release(): void {
    this.#pool.give(this.#blocks)
    this.#blocks = []
    this.#room = 0
  }

  *#pieces(): Generator<Buffer, void> {
    yield this.#prefix
    let rest = this.#size
    for (const block of this.#blocks) {
      yield block.subarray(0, rest)
      rest -= block.length
    }
  }

  #addBlock(): void {
    // What is there is summed while it is still in the processor's cache.
    if (this.#sumsCrc) this.#sum()
    const wanted = Math.min(BLOCK_SIZE, Math.max(FIRST_BLOCK_SIZE, this.#size), this.capacity - this.#size)
    const block = this.#pool.take(wanted)
    this.#blocks.push(block)
    this.#room = block.length
  }

  /** Adds what is not in the sum yet, all of it at the end of the last block. */
  #sum(): void {
    const block = this.#blocks.at(-1)
    if (block === undefined || this.#summed === this.#size) return
    const end = block.length - this.#room
    this.#crc32 = crc32(block.subarray(end - (this.#size - this.#summed), end), this.#crc32)
    this.#summed = this.#size
  }
}
