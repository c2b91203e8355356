/** Values of a measured or assumed quantity. */
export type Distribution =
  /** Always this value. */
  | number
  /** An exponential distribution of this mean. */
  | { readonly exponential: number }
  /** Evenly spaced quantiles, from the least value to the largest; between them it is linear. */
  | { readonly quantiles: readonly number[] }

/** Random numbers from a seed: the same on every machine. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. Mulberry32: 32 bits of state, more than enough for a million draws. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  sample(distribution: Distribution): number {
    if (typeof distribution === 'number') return distribution
    if ('exponential' in distribution) return -Math.log(1 - this.next()) * distribution.exponential
    return quantile(distribution.quantiles, this.next())
  }
}

/** The mean of a distribution. */
export function mean(distribution: Distribution): number {
  if (typeof distribution === 'number') return distribution
  if ('exponential' in distribution) return distribution.exponential
  const { quantiles } = distribution
  if (quantiles.length === 1) return quantiles[0]!
  const inner = quantiles.slice(1, -1).reduce((sum, value) => sum + value, 0)
  return (inner + (quantiles[0]! + quantiles.at(-1)!) / 2) / (quantiles.length - 1)
}

/** The value at a share from 0 to 1 of ascending, evenly spaced quantiles. */
export function quantile(quantiles: readonly number[], share: number): number {
  const at = share * (quantiles.length - 1)
  const below = Math.min(Math.floor(at), Math.max(0, quantiles.length - 2))
  const low = quantiles[below]!
  const high = quantiles[below + 1] ?? low
  return low + (high - low) * (at - below)
}

/** The median, between the quarters below and above it. */
export function middle(distribution: Distribution): [low: number, median: number, high: number] {
  if (typeof distribution === 'number') return [distribution, distribution, distribution]
  const at = (share: number) =>
    'quantiles' in distribution
      ? quantile(distribution.quantiles, share)
      : -Math.log(1 - share) * distribution.exponential
  return [at(0.25), at(0.5), at(0.75)]
}

/** Evenly spaced quantiles of measured values. */
export function quantilesOf(values: readonly number[], count = 21): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  return Array.from({ length: count }, (_, n) => quantile(sorted, n / (count - 1)))
}
