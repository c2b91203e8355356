import type { RandomAccess } from '../../lib/io/random-access.js'

interface Behaviour {
  /** Fail every read at this byte, after what comes before it. */
  failAt?: number
  /** With this error. */
  error?: Error
}

const CHUNK = 64 * 1024

/** Bytes in memory with a log of what was asked for, that can break at any byte. */
export class LoggedAccess implements RandomAccess {
  /** Each read, as `[start, end)`. */
  readonly reads: [start: number, end: number][] = []
  /** Bytes handed out. */
  delivered = 0
  /** Reads that were left before their end. */
  cancelled = 0
  readonly #bytes: Buffer
  readonly #behaviour: Behaviour

  constructor(bytes: Buffer, behaviour: Behaviour = {}) {
    this.#bytes = bytes
    this.#behaviour = behaviour
  }

  size(): Promise<number> {
    return Promise.resolve(this.#bytes.length)
  }

  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const { failAt = Infinity, error = new Error('The source broke') } = this.#behaviour
    this.reads.push([start, end])
    let at = start
    try {
      while (at < end) {
        await new Promise(setImmediate)
        signal?.throwIfAborted()
        if (at >= failAt) throw error
        const chunk = Buffer.from(
          this.#bytes.subarray(at, Math.min(at + CHUNK, end, Math.max(failAt, at + 1))),
        )
        this.delivered += chunk.length
        at += chunk.length
        yield chunk
      }
    } finally {
      if (at < end) this.cancelled++
    }
  }
}
