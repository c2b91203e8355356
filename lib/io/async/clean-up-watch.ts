import { onAbort } from './abort-listeners.js'
import { StallTimer } from './stall-timer.js'

/** The longest time without an answer, in milliseconds. */
export interface Patience {
  /** While nobody minds. */
  readonly calm: number
  /** Once the signal is aborted: somebody waits for the end. */
  readonly aborted: number
}

const PATIENCE: Patience = { calm: 60_000, aborted: 5000 }

/**
 * Bounds a clean-up whose outcome decides nothing any more, such as that after a commit. An abort does not end it, or
 * Ctrl-C at the right moment would leave everything behind; it only makes it impatient.
 */
export class CleanUpWatch {
  /** Aborted once nothing has been heard for too long: for the requests. */
  readonly signal: AbortSignal
  readonly #silent = new AbortController()
  readonly #forget: () => void
  #timer!: StallTimer

  /** @param signal - aborted when somebody waits for the end */
  constructor(signal: AbortSignal | undefined, { calm, aborted }: Patience = PATIENCE) {
    this.signal = this.#silent.signal
    this.#watch(signal?.aborted === true ? aborted : calm)
    this.#forget = onAbort(signal, () => {
      this.#timer.stop()
      this.#watch(aborted)
    })
  }

  /** Something was answered. */
  readonly alive = (): void => this.#timer.alive()

  /** Releases the timer and the signal. */
  stop(): void {
    this.#forget()
    this.#timer.stop()
  }

  #watch(time: number): void {
    const give = () => this.#silent.abort(new Error(`The store has not answered for ${time} ms.`))
    this.#timer = new StallTimer(time, give)
  }
}
