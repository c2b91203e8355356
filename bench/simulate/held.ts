import { median } from '../support/median.js'
import { runFarm } from './farm-model.js'
import { filmJob } from './film-jobs.js'
import type { Measurements } from './measurements.js'
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

/** Holds the model against the farms that were measured with it. */
export function held(measured: Measurements): Held[] {
  const { farms, origin } = measured
  const { film } = farms
  const kinds = new Map(
    farms.times.map(({ engine, workers }) => [`${engine} ${workers}`, { engine, workers }]),
  )
  const of = (engine: string, workers: number, what: 'film' | 'objects') =>
    median(farms.times.filter(one => one.engine === engine && one.workers === workers).map(one => one[what]))
  return [...kinds.values()].map(({ engine, workers }) => {
    const { latency = 0, perSecond = Infinity } = measured.engines[engine] ?? {}
    let sum = 0
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const job = filmJob(film, measured, new Random(seed))
      const hosts = { workers, workersPerHost: workers, coresPerHost: origin.cores }
      sum += runFarm(
        { ...hosts, workerStart: 0, engine: { latency, perSecond }, store: STORE },
        [job],
        seed,
      ).seconds
    }
    const seconds = of(engine, workers, 'film')
    return {
      ...{ engine, workers, measured: seconds, modelled: sum / ROUNDS },
      speedUp: of(engine, 1, 'film') / seconds,
      objects: (farms.objects * HOUR) / of(engine, workers, 'objects'),
      chunks: (Math.ceil(film.seconds / film.chunkSeconds) * HOUR) / seconds,
    }
  })
}
