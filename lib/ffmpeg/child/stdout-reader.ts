import type { Readable } from 'node:stream'

/** The way out of one pipe of a child, at the pace of whoever takes the chunks. */
export class StdoutReader {
  readonly #pipe: Readable
  readonly #push: (chunk: Buffer) => boolean
  #bytes = 0

  /**
   * Starts to read.
   *
   * @param pipe - our end
   * @param push - takes a chunk and says whether it wants more now; `resume()` says so later
   */
  constructor(pipe: Readable, push: (chunk: Buffer) => boolean) {
    this.#pipe = pipe
    this.#push = push
    pipe.on('data', this.#onData)
  }

  /** Bytes that have come. */
  get bytes(): number {
    return this.#bytes
  }

  /** More is wanted. */
  resume(): void {
    this.#pipe.resume()
  }

  /** From now on what comes is thrown away, so that the child is not held up by it. */
  discard(): void {
    this.#pipe.off('data', this.#onData)
    this.#pipe.resume()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    if (!this.#push(chunk)) this.#pipe.pause()
  }
}
