import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { BlockPool } from '../../io/memory/block-pool.js'
import { KiB, MiB } from '../../options.js'
import { combineCrc32 } from './combine-crc32.js'

/**
 * The bytes of one part, owned.
 *
 * Stream chunks are often small views of a large slab; keeping the view would keep the slab. So bytes are copied, once,
 * into blocks. Blocks rather than one buffer of the part's size: an object of ten bytes takes 64 KiB instead of 8 MiB,
 * a part may be larger than the largest `Buffer`, and later parts of any size can reuse the blocks, which the system
 * would otherwise allocate (and zero) anew for every part.
 */

/** The size of a block, in bytes. */
export const BLOCK_SIZE = MiB

/** The size of the first block, in bytes: each further block is as large as all before it, up to a full block. */
const FIRST_BLOCK_SIZE = 64 * KiB

/** How much of a block goes to the socket at a time, in bytes. Each slice counts as progress. */
const SLICE_SIZE = 256 * KiB

const NOTHING = Buffer.alloc(0)

/** A part: filled through `append`, read once per attempt, then released. */
export class PartBuffer {
  /** Capacity for `append`, in bytes. */
  readonly capacity: number
  readonly #pool: BlockPool
  readonly #sumsCrc: boolean
  readonly #digests = new Map<string, Buffer>()
  #prefix: Buffer = NOTHING
  #blocks: Buffer[] = []
  #size = 0
  /** Bytes free in the last block. */
  #room = 0
  #crc32 = 0
  /** Number of bytes covered by the checksum. */
  #summed = 0

  /**
   * @param capacity - capacity for `append`, in bytes
   * @param sumsCrc - whether to keep a CRC-32
   */
  constructor(capacity: number, pool: BlockPool, sumsCrc: boolean) {
    this.capacity = capacity
    this.#pool = pool
    this.#sumsCrc = sumsCrc
  }

  /** Number of bytes in the part. */
  get size(): number {
    return this.#prefix.length + this.#size
  }

  /** Whether the part is full. */
  get full(): boolean {
    return this.#size === this.capacity
  }

  /** The CRC-32 of the bytes; 0 for a part that keeps none. */
  get crc32(): number {
    if (!this.#sumsCrc) return 0
    this.#sum()
    return combineCrc32(crc32(this.#prefix), this.#crc32, this.#size)
  }

  /** Puts `bytes` in front of everything appended before or later. Keeps them without a copy. */
  prepend(bytes: Buffer): void {
    this.#prefix = bytes
    this.#digests.clear()
  }

  /** Copies as much of `chunk` from `start` as fits; returns the number of bytes copied. */
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

  /** A digest of the bytes, once complete; computed on first use. */
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

  /** Returns the memory. Only once nothing reads the part any more. */
  release(): void {
    for (const block of this.#blocks) this.#pool.give(block)
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
    // Checksum the bytes while they are still in the processor's cache.
    if (this.#sumsCrc) this.#sum()
    const wanted = Math.min(BLOCK_SIZE, Math.max(FIRST_BLOCK_SIZE, this.#size), this.capacity - this.#size)
    const block = this.#pool.take(wanted)
    this.#blocks.push(block)
    this.#room = block.length
  }

  /** Adds the bytes not yet in the checksum, all of them at the end of the last block. */
  #sum(): void {
    const block = this.#blocks.at(-1)
    if (block === undefined || this.#summed === this.#size) return
    const end = block.length - this.#room
    this.#crc32 = crc32(block.subarray(end - (this.#size - this.#summed), end), this.#crc32)
    this.#summed = this.#size
  }
}
