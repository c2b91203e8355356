import type { Content, ContentStore, ContentWriter } from './content.js'

const SMALL_BYTES = 4 * 1024
const BLOCK_BYTES = 64 * 1024

/** Content in memory: the buffers as received, never joined. */
export class MemoryContent implements Content {
  readonly size: number
  readonly #buffers: readonly Buffer[]
  /** Start offset of each buffer. */
  readonly #starts: readonly number[]

  constructor(buffers: readonly Buffer[]) {
    let size = 0
    this.#starts = buffers.map(buffer => {
      size += buffer.length
      return size - buffer.length
    })
    this.#buffers = buffers
    this.size = size
  }

  *read(start: number, end: number): Generator<Buffer> {
    for (let i = this.#indexAt(start); i < this.#buffers.length; i++) {
      const offset = this.#starts[i]!
      if (offset >= end) return
      yield this.#buffers[i]!.subarray(Math.max(start - offset, 0), end - offset)
    }
  }

  hold(): () => void {
    return () => undefined
  }

  release(): void {
    // The buffers are freed with the last reader.
  }

  /** The last buffer that starts at or before `position`. */
  #indexAt(position: number): number {
    let [low, high] = [0, this.#starts.length]
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#starts[middle]! <= position) low = middle
      else high = middle
    }
    return low
  }
}

/**
 * Keeps its input without a copy. Only small buffers are gathered into blocks: a body arriving byte by byte would
 * otherwise take a hundred times its size.
 */
class MemoryWriter implements ContentWriter {
  #buffers: Buffer[] = []
  #block: Buffer | undefined
  #blockLength = 0

  write(bytes: Buffer): undefined {
    if (bytes.length === 0) return
    if (bytes.length >= SMALL_BYTES) {
      this.#closeBlock()
      this.#buffers.push(bytes)
      return
    }
    if (this.#blockLength + bytes.length > BLOCK_BYTES) this.#closeBlock()
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.#blockLength += bytes.copy(this.#block, this.#blockLength)
  }

  finish(): Content {
    this.#closeBlock()
    return new MemoryContent(this.#buffers)
  }

  discard(): undefined {
    this.#buffers = []
    this.#block = undefined
  }

  #closeBlock(): void {
    if (this.#block === undefined) return
    // A mostly empty block is not worth pinning.
    const used = this.#block.subarray(0, this.#blockLength)
    this.#buffers.push(this.#blockLength * 2 < BLOCK_BYTES ? copyOf(used) : used)
    this.#block = undefined
    this.#blockLength = 0
  }
}

/** A copy in its own memory: `Buffer.from` would pin a share of Node's pool, whose size varies with Node. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

/** Stores contents in memory. */
export const memoryContents: ContentStore = { create: () => new MemoryWriter() }
