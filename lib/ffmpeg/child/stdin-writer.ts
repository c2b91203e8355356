import type { Writable } from 'node:stream'

/** Chunks smaller than this on average are joined before writing: copying is cheaper than many pieces. */
const SMALL = 4096

/**
 * Writes to one pipe of a child: batches of chunks, one at a time.
 *
 * A child may close its end without an error: it may not need the rest (`-t 5`). Its exit shows what that means.
 */
export class StdinWriter {
  readonly #pipe: Writable
  #bytes = 0
  #isClosed = false
  /** Called when the current batch, or the end, is settled. */
  #settle: (() => void) | undefined

  /** @param pipe - our end; the child's owner handles its errors */
  constructor(pipe: Writable) {
    this.#pipe = pipe
    pipe.once('close', this.#closed)
    pipe.once('error', this.#closed)
  }

  /** Bytes that the system has accepted for the child. */
  get bytes(): number {
    return this.#bytes
  }

  /** The child, or we, closed the pipe before everything was written. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Writes a batch; calls back when the system has accepted it, or the pipe is closed. */
  write(chunks: readonly Buffer[], length: number, callback: () => void): void {
    this.#settle = callback
    if (this.#isClosed) {
      this.#done()
      return
    }
    const batch =
      length < chunks.length * SMALL && chunks.length > 1 ? [Buffer.concat(chunks, length)] : chunks
    // Corked, the chunks reach the system in one call, without copying.
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

  /** Ends the child's input; calls back when the child can see the end, or the pipe is closed. */
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
