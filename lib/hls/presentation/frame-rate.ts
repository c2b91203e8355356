/**
 * A rate within this share of a standard one counts as that: half of the difference between 30 and 30000/1001.
 */
const CLOSE = 0.0005
/** Segments whose rates differ by less than this share have one rate, and clocks of milliseconds. */
const STEADY = 0.002

/**
 * The frame rate of a video: the highest of any segment, because a decoder has to keep up with that; if all
 * segments have nearly one rate, the overall rate, which suffers less from times rounded to milliseconds.
 */
export class FrameMeter {
  readonly #least: number
  /** Of all segments, and of the sufficiently long ones. */
  #all = { frames: 0, seconds: 0 }
  #long = { frames: 0, seconds: 0 }
  #highest = 0

  /** @param least - shorter segments say little on their own; in seconds */
  constructor(least: number) {
    this.#least = least
  }

  /** Counts a segment: its frames, and their total duration in seconds. */
  add(frames: number, seconds: number): void {
    this.#all = { frames: this.#all.frames + frames, seconds: this.#all.seconds + seconds }
    if (seconds < this.#least) return
    this.#long = { frames: this.#long.frames + frames, seconds: this.#long.seconds + seconds }
    this.#highest = Math.max(this.#highest, frames / seconds)
  }

  /** Frames per second; `undefined` if no frame had a duration. */
  get rate(): number | undefined {
    const { frames, seconds } = this.#long.seconds > 0 ? this.#long : this.#all
    if (seconds <= 0) return undefined
    const average = frames / seconds
    const rate = this.#highest > average * (1 + STEADY) ? this.#highest : average
    const [numerator, denominator] = frameRateFraction(rate)
    return numerator / denominator
  }
}

/** The fraction closest to a measured frame rate: 25, 30000/1001, otherwise in thousandths. */
export function frameRateFraction(rate: number): [numerator: number, denominator: number] {
  const whole = Math.round(rate)
  const isNear = (exact: number) => Math.abs(rate - exact) < exact * CLOSE
  if (whole > 0 && isNear(whole)) return [whole, 1]
  if (whole > 0 && isNear((whole * 1000) / 1001)) return [whole * 1000, 1001]
  return [Math.max(1, Math.round(rate * 1000)), 1000]
}
