import { KiB } from '../../options.js'

const BLOCK_SIZE = 64 * KiB

/**
 * A queue of bytes, in order.
 *
 * They are copied, once: a stream's chunks are often small views of larger buffers, which they would retain,
 * and a segment of single bytes would need a hundred times its size. The output consists of views of the
 * blocks.
 */
export class ByteQueue {
  #blocks: Buffer[] = []
  /** How much of the last block is in use. */
  #filled = BLOCK_SIZE
  /** How much of the first block has been taken. */
  #taken = 0
  #length = 0

  /** How many bytes there are. */
  get length(): number {
    return this.#length
  }

  /** Appends bytes. */
  add(chunk: Buffer): void {
    this.#length += chunk.length
    for (let at = 0; at < chunk.length;) {
      if (this.#filled === BLOCK_SIZE) {
        this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_SIZE))
        this.#filled = 0
      }
      const copied = chunk.copy(this.#blocks.at(-1)!, this.#filled, at)
      this.#filled += copied
      at += copied
    }
  }

  /** Takes the next `length` bytes, or as many as there are. */
  take(length: number): Buffer[] {
    const taken: Buffer[] = []
    let left = Math.min(length, this.#length)
    this.#length -= left
    while (left > 0) {
      const block = this.#blocks[0]!
      const end = Math.min(this.#taken + left, BLOCK_SIZE)
      taken.push(block.subarray(this.#taken, end))
      left -= end - this.#taken
      this.#taken = end
      if (end < BLOCK_SIZE) break
      this.#blocks.shift()
      this.#taken = 0
    }
    return taken
  }

  /** Replaces the `length` bytes at `at`, counted from the next byte to be taken, by `bytes`. */
  replace(at: number, length: number, bytes: Buffer): void {
    const from = this.#taken + at
    if (bytes.length !== length) {
      const rest = Buffer.concat(this.#views(from + length))
      this.#truncate(from)
      this.add(bytes)
      this.add(rest)
      return
    }
    for (let copied = 0, place = from; copied < length; place = from + copied) {
      copied += bytes.copy(this.#blocks[Math.floor(place / BLOCK_SIZE)]!, place % BLOCK_SIZE, copied)
    }
  }

  /** All bytes from `from` on, counted from the start of the first block. */
  #views(from: number): Buffer[] {
    const end = this.#taken + this.#length
    return this.#blocks.flatMap((block, n) => {
      const start = n * BLOCK_SIZE
      return start + BLOCK_SIZE <= from ? [] : [block.subarray(Math.max(0, from - start), end - start)]
    })
  }

  /** Ends the queue at `end`, counted from the start of the first block. */
  #truncate(end: number): void {
    this.#length = end - this.#taken
    this.#blocks.length = Math.ceil(end / BLOCK_SIZE)
    this.#filled = end - (this.#blocks.length - 1) * BLOCK_SIZE
  }
}
