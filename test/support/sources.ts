import { Readable, Writable } from 'node:stream'
import { type Link, LINK } from '../../lib/io/pipeline/link.js'
import type { RandomAccess } from '../../lib/io/random-access.js'

const CHUNK = 64 * 1024

interface ChunkedOptions {
  /** Size of a chunk, in bytes. Default 64 KiB. */
  chunkSize?: number
  /** Start over after the last byte, forever. */
  endless?: boolean
  /** Fail after this many bytes. */
  failAfter?: { bytes: number; error: Error }
  /** Stall forever after this many bytes. */
  stallAfter?: number
}

/** Delivers bytes in chunks of its own, and counts them. */
export class ChunkedSource extends Readable {
  /** Bytes delivered so far. */
  delivered = 0
  readonly #bytes: Buffer
  readonly #options: ChunkedOptions

  constructor(bytes: Buffer, options: ChunkedOptions = {}) {
    super({ highWaterMark: options.chunkSize ?? CHUNK })
    this.#bytes = bytes
    this.#options = options
  }

  override _read(): void {
    const { chunkSize = CHUNK, endless = false, failAfter, stallAfter = Infinity } = this.#options
    if (failAfter !== undefined && this.delivered >= failAfter.bytes) {
      this.destroy(failAfter.error)
      return
    }
    if (this.delivered >= stallAfter) return
    const at = this.delivered % this.#bytes.length
    if (this.delivered >= this.#bytes.length && !endless) {
      this.push(null)
      return
    }
    // A copy, so that keeping a chunk does not keep the whole buffer.
    const chunk = Buffer.from(this.#bytes.subarray(at, at + chunkSize))
    this.delivered += chunk.length
    this.push(chunk)
  }

  /** Ends the stream here. */
  protected finish(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null)
  }
}

/** The same with a link, like S3RangeReadable: it can be stopped, and may know its size. */
export class LinkedSource extends ChunkedSource {
  /** How often `stop()` was called. */
  stops = 0
  readonly [LINK]: Link

  constructor(bytes: Buffer, options: ChunkedOptions & { randomAccess?: RandomAccess } = {}) {
    super(bytes, options)
    const { randomAccess } = options
    const stop = () => {
      if (this.stops++ === 0) this.finish()
    }
    this[LINK] = randomAccess === undefined ? { stop } : { stop, randomAccess }
  }

  override _read(): void {
    if (this.stops === 0) super._read()
  }
}

/** Keeps the written bytes. */
export class Collector extends Writable {
  readonly chunks: Buffer[] = []
  /** Whether the stream has ended, so that the bytes are complete. */
  sawEnd = false

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.chunks.push(chunk)
    callback()
  }

  override _final(callback: () => void): void {
    this.sawEnd = true
    callback()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

/** Takes the first chunk and never requests another. */
export class StalledSink extends Writable {
  /** Lets it go on. */
  release: (() => void) | undefined

  constructor() {
    super({ highWaterMark: 1 })
  }

  override _write(_chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.release) {
      callback()
    } else {
      this.release = callback
      this.emit('stalled')
    }
  }
}
