import type { Readable } from 'node:stream'

/** Reads one pipe of a child, at the consumer's pace. */
export class StdoutReader {
  readonly #pipe: Readable
  readonly #push: (chunk: Buffer) => boolean
  #bytes = 0

  /**
   * Starts to read.
   *
   * @param pipe - our end
   * @param push - takes a chunk and returns whether it wants more now; `resume()` requests more later
   */
  constructor(pipe: Readable, push: (chunk: Buffer) => boolean) {
    this.#pipe = pipe
    this.#push = push
    pipe.on('data', this.#onData)
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
    this.#pipe.off('data', this.#onData)
    this.#pipe.resume()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    if (!this.#push(chunk)) this.#pipe.pause()
  }
}
