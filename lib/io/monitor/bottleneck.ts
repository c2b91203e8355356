/** The stage that all others wait for. */
export interface Bottleneck {
  /** Its name. */
  readonly stage: string
  /** Its index among the monitored stages, from 0. */
  readonly index: number
  /** The share of the time that it was busy, 0 to 1. */
  readonly busy: number
  /** In words: `ffmpeg (96 % busy)`. */
  readonly text: string
}

/** A stage busier than this holds the others back. */
const MOST = 0.5
/** By how much it must be busier than any other. */
const LEAD = 0.1

/**
 * The stage that the others wait for: busy for more than half of the time, and clearly more than any other.
 *
 * @param stages - the share of the time that each was busy, 0 to 1
 * @returns `undefined` if there is no such stage: two that take turns, a pipeline that has not begun
 */
export function bottleneckOf(
  stages: readonly { readonly name: string; readonly busy: number }[],
): Bottleneck | undefined {
  const [first, second] = [...stages.entries()].sort(([, a], [, b]) => b.busy - a.busy)
  if (first === undefined) return undefined
  const [index, { name, busy }] = first
  if (busy <= MOST || busy - (second?.[1].busy ?? 0) < LEAD) return undefined
  return { stage: name, index, busy, text: `${name} (${Math.round(100 * busy)} % busy)` }
}
