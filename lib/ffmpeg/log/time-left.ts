/** The rate is that of this last stretch, in milliseconds. */
const WINDOW = 30_000
/** Nothing is said before this, in milliseconds: a first report says little about the rate. */
const LEAST = 1000

/**
 * Estimates the time to the end from a percentage: by the rate of the last half minute, so that the estimate follows
 * when a run becomes faster or slower, and does not jump at every report.
 */
export class TimeLeft {
  /** Oldest first. */
  #marks: { readonly at: number; readonly percent: number }[] = []

  /**
   * Takes the next percentage and returns the estimate, in seconds.
   *
   * @param percent - 0 to 100; `undefined` if it is not known
   * @param now - milliseconds of any clock
   * @returns `undefined` until the percentage has moved for a second, and while it stands still
   */
  see(percent: number | undefined, now = performance.now()): number | undefined {
    // A run that began again has another rate.
    if (percent === undefined || percent < (this.#marks.at(-1)?.percent ?? 0)) this.#marks = []
    if (percent === undefined) return undefined
    if (percent >= 100) return 0
    this.#marks.push({ at: now, percent })
    while (this.#marks.length > 2 && this.#marks[1]!.at <= now - WINDOW) this.#marks.shift()
    const first = this.#marks[0]!
    const [passed, done] = [now - first.at, percent - first.percent]
    if (passed < LEAST || done <= 0) return undefined
    return ((100 - percent) / done) * (passed / 1000)
  }
}
