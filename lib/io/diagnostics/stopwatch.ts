import type { Timing } from './messages.js'

/** Measures how long something takes, from its construction on. */
export class Stopwatch {
  readonly #began = performance.now()

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return performance.now() - this.#began
  }

  /** The start and the time since. */
  get timing(): Timing {
    return { startTime: performance.timeOrigin + this.#began, durationMs: this.elapsedMs }
  }
}
