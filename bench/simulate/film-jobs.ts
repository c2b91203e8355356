import type { FarmJob, Work } from './farm-model.js'
import type { Measurements, StepTimes } from './measurements.js'
import type { Random } from './random.js'

/** A film, or many of them. */
export interface Film {
  /** Length, in seconds of media. */
  readonly seconds: number
  /** Length of a chunk in seconds of media; without it the film is encoded in one piece. */
  readonly chunkSeconds?: number | undefined
}

/** Steps that take much longer than others of their kind: a noisy neighbour, a difficult scene. */
export interface Stragglers {
  /** The share of the chunks, from 0 to 1. */
  readonly share: number
  /** How many times longer they take. */
  readonly factor: number
}

/** The job of a film, with times drawn from the measurements. */
export function filmJob(
  { seconds, chunkSeconds }: Film,
  measured: Measurements,
  random: Random,
  { at = 0, stragglers = { share: 0, factor: 1 } }: { at?: number; stragglers?: Stragglers } = {},
): FarmJob {
  const work = (times: StepTimes, length: number) => workOf(times, length, random)
  if (chunkSeconds === undefined || seconds <= chunkSeconds)
    return { at, chunks: [work(measured.whole, seconds)] }
  const chunks = Array.from({ length: Math.ceil(seconds / chunkSeconds) }, (_, n) => {
    const chunk = work(measured.chunk, Math.min(chunkSeconds, seconds - n * chunkSeconds))
    const isSlow = random.next() < stragglers.share
    return isSlow ? { ...chunk, cpu: chunk.cpu * stragglers.factor } : chunk
  })
  return {
    at,
    plan: work(measured.plan, seconds),
    audio: work(measured.audio, seconds),
    chunks,
    join: work(measured.join, seconds),
  }
}

function workOf(times: StepTimes, seconds: number, random: Random): Work {
  const { fixed, perMediaSecond, spread, reads, writes } = times
  return {
    cpu: (fixed + perMediaSecond * seconds) * random.sample(spread),
    reads: Math.round(reads + times.readsPerMediaSecond * seconds),
    writes: Math.round(writes + times.writesPerMediaSecond * seconds),
    trips: times.trips,
  }
}

/** The CPU seconds of all steps of a job. */
export function cpuOf({ plan, audio, chunks, join }: FarmJob): number {
  return [plan, audio, ...chunks, join].reduce((sum, work) => sum + (work?.cpu ?? 0), 0)
}
