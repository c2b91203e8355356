/** Spreads bytes over time: answers how long to wait after each so many of them. */
export class Pacer {
  readonly #bytesPerSecond: number
  #startedAt: number | undefined
  #bytes = 0

  /** @param bytesPerSecond - `Infinity` for no limit */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** The most bytes to move between two waits: ten milliseconds' worth, for steady flow at a fair price. */
  get slice(): number {
    return Math.max(1, Math.ceil(this.#bytesPerSecond / 100))
  }

  /**
   * Counts bytes and returns how many milliseconds they are ahead of their time. It is reckoned from the first bytes,
   * so that late timers do not add up.
   *
   * @param now - milliseconds, on any steady clock
   */
  delayAfter(bytes: number, now: number): number {
    this.#startedAt ??= now
    this.#bytes += bytes
    return Math.max(0, this.#startedAt + (this.#bytes * 1000) / this.#bytesPerSecond - now)
  }
}
