import type { StepTimes } from '../simulate/measurements.js'
import { quantilesOf } from '../simulate/random.js'
import { median } from '../support/median.js'

/** One run of a step. */
export interface StepSample {
  /** Of its media, in seconds. */
  readonly length: number
  /** CPU seconds of Node and ffmpeg. */
  readonly cpu: number
  readonly reads: number
  readonly writes: number
}

/** Quantiles enough for a straggler in twenty. */
const QUANTILES = 21
/** CPU time is counted in hundredths of a second: with less of it, a ratio says nothing. */
const LEAST = 0.05

/**
 * The times of a step from runs with media of a few lengths: a line through the medians of the shortest and the longest,
 * and how far single runs are from it.
 */
export function fitSteps(samples: readonly StepSample[], trips: number): StepTimes {
  const lengths = samples.map(({ length }) => length)
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)]
  const line = (of: (sample: StepSample) => number) => {
    const at = (wanted: number) => median(samples.filter(({ length }) => length === wanted).map(of))
    const slope = shortest === longest ? 0 : Math.max(0, (at(longest) - at(shortest)) / (longest - shortest))
    return { fixed: Math.max(0, at(longest) - slope * longest), slope }
  }
  const cpu = line(sample => sample.cpu)
  const [reads, writes] = [line(sample => sample.reads), line(sample => sample.writes)]
  const ratios = samples.map(sample =>
    sample.cpu < LEAST ? 1 : sample.cpu / Math.max(LEAST, cpu.fixed + cpu.slope * sample.length),
  )
  return {
    ...{ fixed: round(cpu.fixed), perMediaSecond: round(cpu.slope) },
    spread: { quantiles: quantilesOf(ratios, QUANTILES).map(round) },
    ...{ reads: round(reads.fixed), writes: round(writes.fixed) },
    ...{ readsPerMediaSecond: round(reads.slope), writesPerMediaSecond: round(writes.slope), trips },
  }
}

/** Four digits: more of them would be noise. */
export function round(value: number): number {
  return Number(value.toPrecision(4))
}
