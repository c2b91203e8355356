/**
 * Notices when nothing has been heard for a time.
 *
 * A timer that is due may only mean that this process was too busy to look at its sockets. So when it fires, the
 * event loop is given one turn to bring what has already arrived; only then is it a stall.
 */
export class StallWatch {
  readonly #onStall: () => void
  readonly #timer: NodeJS.Timeout | undefined
  #heard = 0
  #stopped = false

  /**
   * @param timeout - in milliseconds; `Infinity` for never
   * @param onStall - called once, at most
   */
  constructor(timeout: number, onStall: () => void) {
    this.#onStall = onStall
    if (timeout !== Infinity) this.#timer = setTimeout(this.#due, timeout)
  }

  /** Something was heard. */
  alive(): void {
    this.#heard++
    this.#timer?.refresh()
  }

  /** Nobody needs to know any more. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  readonly #due = (): void => {
    const heard = this.#heard
    setImmediate(() => {
      if (this.#stopped || this.#heard !== heard) return
      this.#stopped = true
      this.#onStall()
    })
  }
}
