import { Writable } from 'node:stream'

/**
 * Collects the bytes of one small object, and commits it at the end, which may take several requests. `'finish'` comes
 * after that; a stream destroyed before its end commits nothing, and one destroyed later waits for the outcome.
 *
 * Memory: all of the bytes.
 */
export class CommitSink extends Writable {
  readonly #commit: (bytes: Buffer) => Promise<void>
  readonly #chunks: Uint8Array[] = []
  #committed: Promise<void> = Promise.resolve()

  /** @param commit - stores the bytes */
  constructor(commit: (bytes: Buffer) => Promise<void>) {
    super()
    this.#commit = commit
  }

  /** @internal */
  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: () => void): void {
    this.#chunks.push(chunk)
    callback()
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    this.#committed = this.#commit(Buffer.concat(this.#chunks))
    this.#committed.then(() => callback(), callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const over = () => callback(error)
    this.#committed.then(over, over)
  }
}
