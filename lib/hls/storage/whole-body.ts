import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { KiB } from '../../options.js'
import type { RequestBody } from '../../s3/request/request-body.js'

/** The smallest memory for a body, in bytes. */
const SMALLEST = 4 * KiB

/** How much is handed to the socket at a time, in bytes. What moves in between is seen as progress. */
const SLICE_SIZE = 256 * KiB

/**
 * A body that is collected before it is sent, in one piece of memory of its own: what is written is often a small view
 * of a large slab, or memory that its owner uses again.
 *
 * Memory: that of the first chunk where it is the only one; else it doubles as it fills, so that at most three times
 * the body is in use while it grows, and twice the body afterwards.
 */
export class WholeBody implements RequestBody {
  readonly #limit: number
  #memory = Buffer.alloc(0)
  #size = 0
  #crc32: number | undefined

  /** @param limit - how many bytes it takes at most */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many bytes it holds. */
  get size(): number {
    return this.#size
  }

  /** All bytes. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#size)
  }

  /** The CRC-32 of all bytes. */
  get crc32(): number {
    return (this.#crc32 ??= crc32(this.bytes))
  }

  /** Copies a chunk; returns whether it fits. */
  append(chunk: Uint8Array): boolean {
    const size = this.#size + chunk.length
    if (size > this.#limit) return false
    if (size > this.#memory.length) this.#grow(size)
    this.#memory.set(chunk, this.#size)
    this.#size = size
    this.#crc32 = undefined
    return true
  }

  /** A digest of all bytes. */
  digest(algorithm: 'md5' | 'sha256'): Buffer {
    return createHash(algorithm).update(this.bytes).digest()
  }

  /** All bytes in order, as views no longer than 256 KiB. */
  *slices(): Generator<Buffer, void> {
    for (let from = 0; from < this.#size; from += SLICE_SIZE) {
      yield this.bytes.subarray(from, from + SLICE_SIZE)
    }
  }

  /** Lets go of the memory. */
  clear(): void {
    this.#memory = Buffer.alloc(0)
    this.#size = 0
  }

  #grow(size: number): void {
    const doubled = this.#size === 0 ? 0 : this.#memory.length * 2
    const memory = Buffer.allocUnsafeSlow(Math.max(size, Math.min(this.#limit, Math.max(SMALLEST, doubled))))
    memory.set(this.bytes)
    this.#memory = memory
  }
}
