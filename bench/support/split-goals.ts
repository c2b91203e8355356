/** The figures of one object in pieces, against the same object from one run. */
export interface SplitFigures {
  /** CPU time of the plan and the join, by that of the unsplit run. */
  readonly overhead: number
  /** CPU time of all steps, by that of the unsplit run. */
  readonly cpu: number
  /** Bytes read of the source by all steps, by its size. */
  readonly fetched: number
  /** Size of the result, by that of the unsplit run. */
  readonly size: number
  /** SSIM with the source, less that of the unsplit run. */
  readonly ssim: number
}

/** Limits of the figures that do not depend on how busy the machine is. Wall time is printed, and not judged. */
export const GOALS = { overhead: 0.05, fetched: 2.2, size: 0.02, ssim: 0.002 }

/** The goals that are missed, one line each. */
export function missedGoals({ overhead, fetched, size, ssim }: Omit<SplitFigures, 'cpu'>): string[] {
  const missed: string[] = []
  const percent = (ratio: number) => `${(100 * ratio).toFixed(1)} %`
  if (!(overhead <= GOALS.overhead))
    missed.push(
      `plan and join take ${percent(overhead)} of the unsplit run, more than ${percent(GOALS.overhead)}`,
    )
  if (!(fetched <= GOALS.fetched))
    missed.push(`${fetched.toFixed(2)} × the source is fetched, more than ${GOALS.fetched} ×`)
  if (!(Math.abs(size - 1) <= GOALS.size))
    missed.push(
      `the size is ${size.toFixed(3)} × that of the unsplit run, more than ${percent(GOALS.size)} off`,
    )
  if (!(Math.abs(ssim) <= GOALS.ssim))
    missed.push(`SSIM is ${ssim.toFixed(4)} off the unsplit run's, more than ${GOALS.ssim}`)
  return missed
}
