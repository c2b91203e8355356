interface Waiter<T> {
  readonly target: T | undefined
  readonly listener: (error?: Error) => void
}

/**
 * Readers waiting for an event of a `T` or, without one, for any change. Listeners rather than promises: a reader waits
 * for almost every chunk of a source that is slower than itself.
 */
export class BlockWaiters<T> {
  readonly #waiters = new Set<Waiter<T>>()

  /** Number of waiters. */
  get count(): number {
    return this.#waiters.size
  }

  /**
   * Calls `listener` once: when `target` is woken, or all are; with the error when it fails. Returns a function that
   * ends the wait.
   */
  wait(target: T | undefined, listener: (error?: Error) => void): () => void {
    const waiter = { target, listener }
    this.#waiters.add(waiter)
    return () => void this.#waiters.delete(waiter)
  }

  /** Calls the waiters of `target`. */
  wake(target: T): void {
    this.#call(waiter => waiter.target === target)
  }

  /** Calls all waiters, which then look again. */
  wakeAll(): void {
    this.#call(() => true)
  }

  /** Calls the waiters of `target` with the error. */
  fail(target: T, error: Error): void {
    this.#call(waiter => waiter.target === target, error)
  }

  /** A listener may wait again at once, or end the wait of another: each is called at most once. */
  #call(isMeant: (waiter: Waiter<T>) => boolean, error?: Error): void {
    if (this.#waiters.size === 0) return
    for (const waiter of [...this.#waiters].filter(isMeant)) {
      if (this.#waiters.delete(waiter)) waiter.listener(error)
    }
  }
}
