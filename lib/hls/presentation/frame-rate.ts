/** A rate is taken for the one that it is this near to, as a share of it: half of what 30 and 30000/1001 differ by. */
const CLOSE = 0.0005
/** Segments whose rates differ by less than this share have one rate, and clocks of milliseconds. */
const STEADY = 0.002

/**
 * The frame rate of a picture: the highest of any segment, since that is what a decoder has to keep up with; where all
 * segments have nearly one rate, that of all together, which times in milliseconds round less.
 */
export class FrameMeter {
  readonly #least: number
  /** Of all segments, and of those that are long enough. */
  #all = { frames: 0, seconds: 0 }
  #long = { frames: 0, seconds: 0 }
  #highest = 0

  /** @param least - segments that are shorter say little by themselves; in seconds */
  constructor(least: number) {
    this.#least = least
  }

  /** Counts a segment: its pictures, and how long these are together, in seconds. */
  add(frames: number, seconds: number): void {
    this.#all = { frames: this.#all.frames + frames, seconds: this.#all.seconds + seconds }
    if (seconds < this.#least) return
    this.#long = { frames: this.#long.frames + frames, seconds: this.#long.seconds + seconds }
    this.#highest = Math.max(this.#highest, frames / seconds)
  }

  /** Pictures a second; `undefined` where none lasted. */
  get rate(): number | undefined {
    const { frames, seconds } = this.#long.seconds > 0 ? this.#long : this.#all
    if (seconds <= 0) return undefined
    const average = frames / seconds
    const rate = this.#highest > average * (1 + STEADY) ? this.#highest : average
    const [numerator, denominator] = frameRateFraction(rate)
    return numerator / denominator
  }
}

/** A measured frame rate as the fraction that it is near to: 25, 30000/1001, else of thousandths. */
export function frameRateFraction(rate: number): [numerator: number, denominator: number] {
  const whole = Math.round(rate)
  const isNear = (exact: number) => Math.abs(rate - exact) < exact * CLOSE
  if (whole > 0 && isNear(whole)) return [whole, 1]
  if (whole > 0 && isNear((whole * 1000) / 1001)) return [whole * 1000, 1001]
  return [Math.max(1, Math.round(rate * 1000)), 1000]
}
