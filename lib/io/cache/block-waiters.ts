import { onAbort } from '../async/abort-listeners.js'
import { abortError } from '../async/abort-error.js'

interface Waiter<T> {
  readonly target: T | undefined
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Promises waiting for an event of a `T` or, without one, for any change. */
export class BlockWaiters<T> {
  readonly #waiters = new Set<Waiter<T>>()

  /** Number of waiters. */
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

  /** Resolves the waiters of `target`. */
  wake(target: T): void {
    for (const waiter of this.#waiters) if (waiter.target === target) waiter.resolve()
  }

  /** Resolves all waiters, which then look again. */
  wakeAll(): void {
    for (const waiter of this.#waiters) waiter.resolve()
  }

  /** Rejects the waiters of `target`. */
  fail(target: T, error: Error): void {
    for (const waiter of this.#waiters) if (waiter.target === target) waiter.reject(error)
  }
}
