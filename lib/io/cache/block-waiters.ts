import { onAbort } from '../async/abort-listeners.js'
import { abortError } from '../async/abort-error.js'

interface Waiter<T> {
  readonly target: T | undefined
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Those who wait for something to happen to a `T`, or, without one, for anything that changes. */
export class BlockWaiters<T> {
  readonly #waiters = new Set<Waiter<T>>()

  /** How many are waiting. */
  get count(): number {
    return this.#waiters.size
  }

  /** Resolves when `target` is woken, or all are; rejects when it fails, or when `signal` is aborted. */
  async wait(target: T | undefined, signal?: AbortSignal): Promise<void> {
    let waiter!: Waiter<T>
    const woken = new Promise<void>((resolve, reject) => {
      waiter = { target, resolve, reject }
    })
    this.#waiters.add(waiter)
    const abort = () => waiter.reject(abortError(signal!))
    const forget = onAbort(signal, abort)
    if (signal?.aborted) abort()
    try {
      await woken
    } finally {
      this.#waiters.delete(waiter)
      forget()
    }
  }

  /** Something good happened to `target`. */
  wake(target: T): void {
    for (const waiter of this.#waiters) if (waiter.target === target) waiter.resolve()
  }

  /** Whoever waits should look again. */
  wakeAll(): void {
    for (const waiter of this.#waiters) waiter.resolve()
  }

  /** What `target` was waited for will not come. */
  fail(target: T, error: Error): void {
    for (const waiter of this.#waiters) if (waiter.target === target) waiter.reject(error)
  }
}
