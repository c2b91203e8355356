import type { OnReadOpts } from 'node:net'
import type { Readable } from 'node:stream'
import { BlockFiller } from '../../io/memory/block-filler.js'
import type { Loans } from '../../io/memory/loans.js'

/** A pipe of a child. */
export interface ChildPipe {
  /** Our end. */
  readonly readable: Readable
  /** Reads it with `onread` from now on; returns our new end, or `undefined` if Node can't. */
  readInto(onread: OnReadOpts): Readable | undefined
}

/** Reads one pipe of a child, at the consumer's pace, into lent memory. */
export class StdoutReader {
  readonly #pipe: Readable
  readonly #push: (chunk: Buffer) => boolean
  #bytes = 0
  #isDiscarding = false

  /**
   * Starts to read.
   *
   * @param pipe - the pipe, unread
   * @param push - takes a chunk and returns whether it wants more now; `resume()` requests more later
   * @param memory - where the chunks lie; without it, in new buffers of Node's
   */
  constructor(pipe: ChildPipe, push: (chunk: Buffer) => boolean, memory?: Loans) {
    this.#push = push
    const own = memory && pipe.readInto(this.#into(memory))
    this.#pipe = own ?? pipe.readable
    if (own === undefined) {
      this.#pipe.on('data', this.#take)
      return
    }
    // Node may have read something by itself.
    const early = pipe.readable.read() as Buffer | null
    if (early !== null) this.#take(early)
  }

  /** Bytes received. */
  get bytes(): number {
    return this.#bytes
  }

  /** Requests more. */
  resume(): void {
    this.#pipe.resume()
  }

  /** Discards everything from now on, so that the child never blocks on it. */
  discard(): void {
    this.#isDiscarding = true
    this.#pipe.resume()
  }

  #into(memory: Loans): OnReadOpts {
    const blocks = new BlockFiller(memory)
    return {
      buffer: () => blocks.space(),
      // Discarded bytes are overwritten.
      callback: length => this.#isDiscarding || this.#take(blocks.filled(length)),
    }
  }

  readonly #take = (chunk: Buffer): boolean => {
    if (this.#isDiscarding) return true
    this.#bytes += chunk.length
    const isWanted = this.#push(chunk)
    if (!isWanted) this.#pipe.pause()
    return isWanted
  }
}
