/** A straight line fitted to samples by least squares. */
export interface Slope {
  /** The rise from one sample to the next. */
  readonly perSample: number
  /** The rise over all samples. */
  readonly growth: number
  readonly mean: number
}

/** Fits a line to values taken at even steps. */
export function slopeOf(values: readonly number[]): Slope {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const middle = (count - 1) / 2
  let [over, under] = [0, 0]
  values.forEach((value, n) => {
    over += (n - middle) * (value - mean)
    under += (n - middle) ** 2
  })
  const perSample = under === 0 ? 0 : over / under
  return { perSample, growth: perSample * (count - 1), mean }
}
