import { onAbort } from './abort-listeners.js'
import { abortError } from './abort-error.js'

/**
 * How long code of others may take to settle once it was told that nobody wants its answer any more, in milliseconds.
 * What heeds its signal is waited for, so that nothing of it is left; what does not is left behind after that.
 */
export const GRACE = 2000

/**
 * Waits for code that is not ours: a `RandomAccess`, a stream, a storage that the user has written. Such code may heed
 * no signal and never answer, and must not hold a `destroy()`, a `timeout` or a `result` for ever.
 *
 * One for a row of waits, one after the other, under one signal: until it is aborted they take as long as they take; from
 * then on, `GRACE` for all of them together. Then the wait rejects with an `AbortError`. What comes late is dropped, a
 * late failure too.
 */
export class BoundedWait {
  readonly #signal: AbortSignal | undefined
  readonly #grace: number
  readonly #forget: () => void
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  #giveUp: (() => void) | undefined

  /**
   * @param signal - says that nobody wants the answer any more
   * @param grace - in milliseconds
   */
  constructor(signal: AbortSignal | undefined, grace = GRACE) {
    this.#signal = signal
    this.#grace = grace
    if (signal?.aborted) this.#begin()
    this.#forget = onAbort(signal, this.#begin)
  }

  /** What `promise` settles with, where it does so in time. */
  for<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(abortError(this.#signal ?? AbortSignal.abort()))
      this.#giveUp = giveUp
      promise.then(resolve, reject)
      if (this.#isOver) giveUp()
    })
  }

  /** Nobody wants an answer any more, whatever the signal says: the grace begins. */
  leave(): void {
    this.#begin()
  }

  /** Lets go of signal and timer. */
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

/** One call of code that is not ours, which may also throw at once; see {@link BoundedWait}. */
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
 * What an iterable that is not ours delivers; see {@link BoundedWait}. Leaving the loop, or an abort, has it `return()`,
 * which is waited for within the grace, and whose failing is no news.
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
      // One that has failed, or is done, has closed itself.
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
