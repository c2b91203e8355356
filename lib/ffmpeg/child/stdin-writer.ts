import type { Writable } from 'node:stream'

/** Chunks smaller than this on average are joined before they are written: copying is cheaper than so many pieces. */
const SMALL = 4096

/**
 * The way into one pipe of a child: batches of chunks in, one at a time.
 *
 * A child that closes its end is no error here: it may have had enough (`-t 5`). What that means is told by its
 * exit.
 */
export class StdinWriter {
  readonly #pipe: Writable
  #bytes = 0
  #isClosed = false
  /** Called when the batch under way, or the end, is settled. */
  #settle: (() => void) | undefined

  /** @param pipe - our end; its errors are taken care of by the child's owner */
  constructor(pipe: Writable) {
    this.#pipe = pipe
    pipe.once('close', this.#closed)
    pipe.once('error', this.#closed)
  }

  /** Bytes that the system has taken for the child. */
  get bytes(): number {
    return this.#bytes
  }

  /** The child, or we, closed the pipe before all was written. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Writes a batch; calls back when the system has taken it, or the pipe is closed. */
  write(chunks: readonly Buffer[], length: number, callback: () => void): void {
    this.#settle = callback
    if (this.#isClosed) {
      this.#done()
      return
    }
    const batch =
      length < chunks.length * SMALL && chunks.length > 1 ? [Buffer.concat(chunks, length)] : chunks
    // Corked, the chunks go to the system in one call, without being copied.
    this.#pipe.cork()
    for (const chunk of batch.slice(0, -1)) this.#pipe.write(chunk)
    this.#pipe.write(batch.at(-1)!, error => {
      if (error) {
        this.#closed()
      } else {
        this.#bytes += length
        this.#done()
      }
    })
    this.#pipe.uncork()
  }

  /** Tells the child that this is all; calls back when it can know, or the pipe is closed. */
  end(callback: () => void): void {
    this.#settle = callback
    if (this.#isClosed) {
      this.#done()
      return
    }
    this.#pipe.end((error?: Error | null) => {
      if (error) this.#closed()
      else this.#done()
    })
  }

  readonly #closed = (): void => {
    if (!this.#pipe.writableFinished) this.#isClosed = true
    this.#done()
  }

  #done(): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.()
  }
}
