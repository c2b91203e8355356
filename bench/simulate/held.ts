import { median } from '../support/median.js'
import { runFarm } from './farm-model.js'
import { filmJob } from './film-jobs.js'
import { type Measurements, engineOf } from './measurements.js'
import { Random } from './random.js'

/** The model beside a measured farm. */
export interface Held {
  readonly engine: string
  readonly workers: number
  /** Seconds for the film: the median of its rounds. */
  readonly measured: number
  /** What the model says: the mean of many rounds, on as many cores as the measuring machine has. */
  readonly modelled: number
  /** How many times as fast as one worker of the same engine: measured. */
  readonly speedUp: number
  /** Objects an hour, and chunks an hour. */
  readonly objects: number
  readonly chunks: number
}

/** A store on the same machine: without waits and limits. */
const STORE = { firstByte: 0, readsPerSecond: Infinity, writesPerSecond: Infinity }
const ROUNDS = 50
const HOUR = 3600

/** An engine that takes no time. */
const NONE = { latency: 0, perSecond: Infinity }

/** The mean time of the measured film in the model. */
function modelled(measured: Measurements, engine: string, workers: number, coresPerStep: number): number {
  const { cores } = measured.origin
  const farm = {
    ...{ workers, workersPerHost: workers, coresPerHost: cores, coresPerStep, workerStart: 0 },
    ...{ engine: engine === 'none' ? NONE : engineOf(measured, engine), store: STORE },
  }
  let sum = 0
  for (let seed = 1; seed <= ROUNDS; seed++)
    sum += runFarm(farm, [filmJob(measured.farms.film, measured, new Random(seed))], seed).seconds
  return sum / ROUNDS
}

/** Seconds for all objects, or for the film: the median of the rounds. */
function timeOf({ farms }: Measurements, engine: string, workers: number, what: 'film' | 'objects'): number {
  return median(
    farms.times.filter(one => one.engine === engine && one.workers === workers).map(one => one[what]),
  )
}

/**
 * How many cores a step uses if it has the machine for itself: ffmpeg decodes and scales in threads beside the encoder's.
 * It follows from one worker without an engine, so that this row says nothing about the model; all others do.
 */
export function coresOfStep(measured: Measurements): number {
  const used = modelled(measured, 'none', 1, 1) / timeOf(measured, 'none', 1, 'film')
  return used > 1 ? Math.min(measured.origin.cores, used) : 1
}

/** Holds the model against the farms that were measured with it. */
export function held(measured: Measurements): Held[] {
  const { farms } = measured
  const { film } = farms
  const cores = coresOfStep(measured)
  const kinds = new Map(
    farms.times.map(({ engine, workers }) => [`${engine} ${workers}`, { engine, workers }]),
  )
  return [...kinds.values()].map(({ engine, workers }) => {
    const seconds = timeOf(measured, engine, workers, 'film')
    return {
      ...{ engine, workers, measured: seconds, modelled: modelled(measured, engine, workers, cores) },
      speedUp: timeOf(measured, engine, 1, 'film') / seconds,
      objects: (farms.objects * HOUR) / timeOf(measured, engine, workers, 'objects'),
      chunks: (Math.ceil(film.seconds / film.chunkSeconds) * HOUR) / seconds,
    }
  })
}
