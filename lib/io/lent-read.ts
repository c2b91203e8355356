import { onAbort } from './async/abort-listeners.js'
import { abortError } from './async/abort-error.js'
import type { RandomAccess } from './random-access.js'

/**
 * A read whose chunks are lent: the reader gives each back when it no longer uses it, and then its memory may hold
 * other bytes. Chunks are taken without a promise, as long as there are any.
 */
export interface LentRead {
  /** Whether the last byte has been taken. */
  readonly isOver: boolean
  /**
   * How many of the next bytes cost the source nothing more, because they are fetched whether they are taken or
   * not: the rest of a block of which some were taken. 0 if that is not known.
   */
  readonly prepaid: number
  /**
   * The next bytes, in order, which must not be modified; `undefined` if there are none at the moment, or none
   * are left. Throws the error of the read, once all bytes before it are taken.
   *
   * @param most - bytes, if the read cuts its chunks from larger memory
   */
  take(most?: number): Buffer | undefined
  /** Calls `listener` once, when `take()` has returned `undefined` and may have an answer by now. */
  onMore(listener: () => void): void
  /** The chunk that was taken first, of those not given back, is no longer used. */
  giveBack(): void
  /** The chunk that was taken first, of those not given back, may be used forever. */
  keep(): void
  /** Ends the read, early or not; chunks can still be given back. Resolves when nothing is in flight for it. */
  close(): Promise<void>
}

/** The method of a source that lends its memory, in place of `read()`. */
export const LEND: unique symbol = Symbol('lend')

/** A source that lends its memory. */
export interface LendingSource extends RandomAccess {
  /** Starts a read from `start` (inclusive) to `end` (exclusive); rejects where the source has no such bytes. */
  [LEND](start: number, end: number, signal?: AbortSignal): Promise<LentRead>
}

/** Starts a read whose chunks are given back; the chunks of a source that lends nothing are its own. */
export async function lentRead(
  source: RandomAccess,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<LentRead> {
  const lending = source as Partial<LendingSource>
  return lending[LEND]?.(start, end, signal) ?? new IteratedRead(source.read(start, end, signal), signal)
}

/** The chunks of an iterable, which nobody wants back. */
class IteratedRead implements LentRead {
  readonly prepaid = 0
  readonly #iterator: AsyncIterator<Buffer>
  readonly #signal: AbortSignal | undefined
  #step: Promise<void> | undefined
  #chunk: Buffer | undefined
  #failure: { readonly error: unknown } | undefined
  #isDone = false

  constructor(chunks: AsyncIterable<Buffer>, signal: AbortSignal | undefined) {
    this.#iterator = chunks[Symbol.asyncIterator]()
    this.#signal = signal
  }

  get isOver(): boolean {
    return this.#isDone && this.#chunk === undefined && this.#failure === undefined
  }

  take(): Buffer | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#signal?.aborted) throw abortError(this.#signal)
    const chunk = this.#chunk
    this.#chunk = undefined
    return chunk
  }

  onMore(listener: () => void): void {
    let isCalled = false
    const call = () => {
      forget()
      if (!isCalled) listener()
      isCalled = true
    }
    // The iterable may take its time to end after an abort; close() waits for that.
    const forget = onAbort(this.#signal, call)
    this.#step ??= this.#next()
    void this.#step.then(call)
  }

  giveBack(): void {
    // Its memory is the source's own business.
  }

  keep(): void {
    // Nobody uses it again.
  }

  async close(): Promise<void> {
    await this.#step
    if (this.#isDone) return
    this.#isDone = true
    // There was an error before, or nobody wants the bytes.
    await Promise.resolve(this.#iterator.return?.()).catch(() => undefined)
  }

  async #next(): Promise<void> {
    try {
      const step = await this.#iterator.next()
      if (step.done === true) this.#isDone = true
      else this.#chunk = step.value
    } catch (error) {
      this.#isDone = true
      this.#failure = { error }
    }
    this.#step = undefined
  }
}
