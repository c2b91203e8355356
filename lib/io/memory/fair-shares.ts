/** What a stage can make use of, in bytes. */
export interface MemoryClaim {
  /** With less it cannot go on. */
  readonly min: number
  /** With more it would do nothing. */
  readonly max: number
}

/**
 * Divides `budget` into shares, in the order of `claims`.
 *
 * All shares are equal, except where a claim ends below that (its rest goes to the others) or begins above it (the
 * others get less). They sum up to the budget; to less if all claims are satisfied, and to more only if the minima do.
 * This is max-min fairness: nobody's share can grow without taking from one that is not larger.
 */
export function fairShares(budget: number, claims: readonly MemoryClaim[]): number[] {
  const level = fairLevel(budget, claims)
  return claims.map(claim => clamp(level, claim))
}

function clamp(level: number, { min, max }: MemoryClaim): number {
  return Math.max(min, Math.min(max, level))
}

/**
 * The level at which the shares, clamped to their claims, sum up to the budget. The sum is piecewise linear in the
 * level, with a bend at each bound: so the level lies between two neighbouring bounds.
 */
function fairLevel(budget: number, claims: readonly MemoryClaim[]): number {
  const bends = claims.flatMap(({ min, max }) => [min, max]).sort((a, b) => a - b)
  const sum = (level: number) => claims.reduce((total, claim) => total + clamp(level, claim), 0)
  let [low, high] = [0, bends.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sum(bends[middle]!) > budget) high = middle
    else low = middle + 1
  }
  const from = bends[low - 1] ?? 0
  const rising = claims.filter(({ min, max }) => min <= from && from < max).length
  return rising === 0 ? from : from + Math.max(0, Math.floor((budget - sum(from)) / rising))
}
