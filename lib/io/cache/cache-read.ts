import { KiB } from '../../options.js'
import { abortError } from '../async/abort-error.js'
import { onAbort } from '../async/abort-listeners.js'
import type { LentRead } from '../lent-read.js'
import type { Block } from './block-store.js'
import type { BlockWaiters } from './block-waiters.js'
import type { CountedMemory } from './counted-memory.js'
import type { ReadCursor } from './read-cursor.js'

/** Largest chunk delivered by default, in bytes: limits the excess taken by a reader that stops. */
const MAX_CHUNK = 64 * KiB

/** What a read needs of its cache. */
export interface ReadHost {
  readonly blockSize: number
  readonly waiters: BlockWaiters<Block>
  /** Throws if the cache is closed. */
  check(): void
  /** The block at the cursor's position, requested if it is missing; `undefined` while there is no room for it. */
  next(cursor: ReadCursor): Block | undefined
  /** Records that the next `bytes` were delivered. */
  delivered(cursor: ReadCursor, bytes: number): void
  /** The read is over. */
  left(cursor: ReadCursor): void
}

/**
 * One read of the cache. Its chunks are views of cached blocks, of at most 64 KiB unless the reader asks for more: each
 * counts as a user of its block's memory until it is given back, however long the block stays in the cache.
 */
export class CacheRead implements LentRead {
  readonly #host: ReadHost
  readonly #cursor: ReadCursor
  readonly #start: number
  readonly #end: number
  readonly #signal: AbortSignal | undefined
  readonly #forgetSignal: () => void
  /** The memory of each chunk that is out, in order. */
  readonly #out: CountedMemory[] = []
  /** The block that the last `take()` found without the next byte. */
  #awaited: Block | undefined
  #endWait: (() => void) | undefined
  #listener: (() => void) | undefined
  #error: Error | undefined
  #isClosed = false

  /**
   * @param end - one past its last byte
   * @param signal - cancels it
   */
  constructor(host: ReadHost, cursor: ReadCursor, end: number, signal: AbortSignal | undefined) {
    this.#host = host
    this.#cursor = cursor
    this.#start = cursor.position
    this.#end = end
    this.#signal = signal
    this.#forgetSignal = onAbort(signal, () => this.#wake())
  }

  get isOver(): boolean {
    return this.#isClosed || this.#cursor.position >= this.#end
  }

  get prepaid(): number {
    const { position } = this.#cursor
    const within = position % this.#host.blockSize
    if (within === 0 || position === this.#start) return 0
    return Math.min(this.#host.blockSize - within, this.#end - position)
  }

  take(most = MAX_CHUNK): Buffer | undefined {
    if (this.isOver) return undefined
    if (this.#signal?.aborted) throw abortError(this.#signal)
    this.#host.check()
    if (this.#error !== undefined) throw this.#error
    const cursor = this.#cursor
    const block = this.#host.next(cursor)
    const offset = cursor.position % this.#host.blockSize
    const length = Math.min((block?.filled ?? 0) - offset, this.#end - cursor.position, most)
    if (block === undefined || length <= 0) {
      this.#awaited = block
      return undefined
    }
    const chunk = block.slice(offset, offset + length)
    const memory = block.memory!
    memory.use()
    this.#out.push(memory)
    this.#host.delivered(cursor, chunk.length)
    return chunk
  }

  onMore(listener: () => void): void {
    this.#listener = listener
    this.#endWait = this.#host.waiters.wait(this.#awaited, error => {
      this.#error = error
      this.#wake()
    })
  }

  giveBack(): void {
    this.#out.shift()?.done()
  }

  keep(): void {
    this.#out[0]?.keep()
    this.giveBack()
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#forgetSignal()
      this.#endWait?.()
      this.#listener = undefined
      this.#host.left(this.#cursor)
    }
    return Promise.resolve()
  }

  #wake(): void {
    this.#endWait?.()
    const listener = this.#listener
    this.#listener = this.#endWait = undefined
    listener?.()
  }
}
