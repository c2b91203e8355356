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
  /** Time of the unsplit run, by that of all steps over several processes. */
  readonly speedUp: number
  /** The same of bare ffmpegs without a store, each with its share of a local file: what this machine allows. */
  readonly limit: number
  /** `speedUp` by `limit`. */
  readonly ofLimit: number
}

/**
 * Limits of the figures. None depends on how busy the machine is: time is judged only against the machine's own limit,
 * measured in the same round. A speed-up of 0.9 × processes would need cores that are as fast together as one of them
 * alone. Virtual ones often share a core: two gave 1.21 ×, with no more work than 1.08 × that of the unsplit run.
 */
export const GOALS = { overhead: 0.05, fetched: 2.2, size: 0.02, ssim: 0.002, ofLimit: 0.9 }

/** What {@link missedGoals} judges. */
export type JudgedFigures = Pick<SplitFigures, 'overhead' | 'fetched' | 'size' | 'ssim'> & {
  /** `undefined` where processes have nothing to share: one alone, or more than there are cores. */
  readonly ofLimit: number | undefined
}

/** The goals that are missed, one line each. */
export function missedGoals({ overhead, fetched, size, ssim, ofLimit }: JudgedFigures): string[] {
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
  if (ofLimit !== undefined && !(ofLimit >= GOALS.ofLimit))
    missed.push(
      `the speed-up is ${percent(ofLimit)} of the machine's limit, less than ${percent(GOALS.ofLimit)}`,
    )
  return missed
}
