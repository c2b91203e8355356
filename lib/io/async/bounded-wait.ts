import { onAbort } from './abort-listeners.js'
import { abortError } from './abort-error.js'

/**
 * How long foreign code may take to settle after its result is no longer wanted, in milliseconds.
 * Code that heeds its signal is waited for, so that nothing is left of it; other code is abandoned after this
 * time.
 */
export const GRACE = 2000

/**
 * Waits for foreign code: a `RandomAccess`, a stream or a storage written by the user. Such code may ignore
 * signals and never answer, and must not block a `destroy()`, a `timeout` or a `result` forever.
 *
 * Use one instance for a series of waits under one signal: they may take any time until it is aborted; from
 * then on, `GRACE` for all of them together. After that the wait rejects with an `AbortError`. Late results and
 * late failures are dropped.
 */
export class BoundedWait {
  readonly #signal: AbortSignal | undefined
  readonly #grace: number
  readonly #forget: () => void
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  #giveUp: (() => void) | undefined

  /**
   * @param signal - aborted when the result is no longer wanted
   * @param grace - in milliseconds
   */
  constructor(signal: AbortSignal | undefined, grace = GRACE) {
    this.#signal = signal
    this.#grace = grace
    if (signal?.aborted) this.#begin()
    this.#forget = onAbort(signal, this.#begin)
  }

  /** The result of `promise`, if it settles in time. */
  for<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(abortError(this.#signal ?? AbortSignal.abort()))
      this.#giveUp = giveUp
      promise.then(resolve, reject)
      if (this.#isOver) giveUp()
    })
  }

  /** The result is no longer wanted, whatever the signal says: starts the grace period. */
  leave(): void {
    this.#begin()
  }

  /** Releases the signal and the timer. */
  end(): void {
    this.#forget()
    clearTimeout(this.#timer)
    this.#giveUp = undefined
  }

  readonly #begin = (): void => {
    this.#timer ??= setTimeout(() => {
      this.#isOver = true
      this.#giveUp?.()
    }, this.#grace)
  }
}

/** One call of foreign code, which may also throw synchronously; see {@link BoundedWait}. */
export async function boundedCall<T>(
  call: () => PromiseLike<T> | T,
  signal: AbortSignal | undefined,
  grace = GRACE,
): Promise<T> {
  const wait = new BoundedWait(signal, grace)
  try {
    return await wait.for(Promise.resolve(call()))
  } finally {
    wait.end()
  }
}

/**
 * The values of a foreign iterable; see {@link BoundedWait}. Leaving the loop, or an abort, calls its
 * `return()`, which is waited for within the grace period; its failure is ignored.
 */
export async function* boundedRead<T>(
  iterable: AsyncIterable<T>,
  signal: AbortSignal | undefined,
  grace = GRACE,
): AsyncGenerator<T, void, undefined> {
  const wait = new BoundedWait(signal, grace)
  const iterator = iterable[Symbol.asyncIterator]()
  const state = { isOpen: true }
  try {
    for (;;) {
      const step = iterator.next()
      // An iterator that has failed or is done has closed itself.
      step.then(
        ({ done }) => (state.isOpen &&= done !== true),
        () => (state.isOpen = false),
      )
      const result = await wait.for(step)
      if (result.done === true) return
      yield result.value
    }
  } finally {
    wait.leave()
    if (state.isOpen) {
      const closing = Promise.resolve(iterator.return?.())
      await wait.for(closing).catch(() => undefined)
    }
    wait.end()
  }
}
