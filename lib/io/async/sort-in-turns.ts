import { STEP, type Work } from './turns.js'

/** Number of items sorted at once: a few milliseconds. */
const RUN = 2 ** 12

/**
 * Sorts a list of any length in steps: runs of a few thousand items first, which are then merged. The sort is
 * stable, and a list already in order is only checked.
 *
 * @param items - the items; their own order is lost
 * @param keyOf - the sort key
 * @returns the items in order
 */
export function* sortInTurns<T>(items: T[], keyOf: (item: T) => number): Work<T[]> {
  if (yield* isSorted(items, keyOf)) return items
  for (let start = 0; start < items.length; start += RUN) {
    const run = items.slice(start, start + RUN).sort((a, b) => keyOf(a) - keyOf(b))
    for (const [n, item] of run.entries()) items[start + n] = item
    yield run.length
  }
  let from = items
  for (let width = RUN; width < items.length; width *= 2) from = yield* merged(from, width, keyOf)
  return from
}

/** Merges sorted runs of `width` items, two at a time. */
function* merged<T>(from: readonly T[], width: number, keyOf: (item: T) => number): Work<T[]> {
  const to: T[] = []
  for (let start = 0; start < from.length; start += 2 * width) {
    const middle = Math.min(start + width, from.length)
    const end = Math.min(middle + width, from.length)
    let left = start
    let right = middle
    while (left < middle || right < end) {
      const takesLeft = right === end || (left < middle && keyOf(from[left]!) <= keyOf(from[right]!))
      to.push(from[takesLeft ? left++ : right++]!)
      if (to.length % STEP === 0) yield STEP
    }
  }
  return to
}

function* isSorted<T>(items: readonly T[], keyOf: (item: T) => number): Work<boolean> {
  for (let n = 1; n < items.length; n++) {
    if (keyOf(items[n]!) < keyOf(items[n - 1]!)) return false
    if (n % STEP === 0) yield STEP
  }
  return true
}
