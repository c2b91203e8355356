import { type Cost, type Prices, costOf } from './cost.js'
import { type Farm, type FarmJob, type FarmRun, LIMITS, runFarm } from './farm-model.js'
import { type Film, type Stragglers, cpuOf, filmJob } from './film-jobs.js'
import { type Measurements, engineOf } from './measurements.js'
import { Random, mean, quantile } from './random.js'

/** What holds for all scenarios. */
export interface World {
  readonly measured: Measurements
  readonly engine: Farm['engine']
  readonly store: Farm['store']
  readonly stragglers: Stragglers
  readonly seed: number
}

/** A prefix of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html */
export const S3_STORE = {
  // "100-200 milliseconds"
  firstByte: { quantiles: [0.1, 0.2] },
  readsPerSecond: 5500,
  writesPerSecond: 3500,
} satisfies Farm['store']

/** One chunk in a hundred takes three times as long as the others. */
export const STRAGGLERS: Stragglers = { share: 0.01, factor: 3 }

/** Until a queue gives the step of a dead worker to another one: the usual lock of BullMQ. */
export const NOTICED = 30
const HOUR = 3600

/** The world of the page: measured steps, on an engine by its name. */
export function worldOf(measured: Measurements, engine: string, seed = 1): World {
  return { measured, engine: engineOf(measured, engine), store: S3_STORE, stragglers: STRAGGLERS, seed }
}

/** A farm of single workers that run already. */
export function farmOf({ engine, store }: World, workers: number, failures?: Farm['failures']): Farm {
  return { workers, workerStart: 0, engine, store, ...(failures && { failures }) }
}

/** A film on a farm that does nothing else. */
export function runFilm(world: World, film: Film, workers: number, failures?: Farm['failures']): FarmRun {
  const { measured, seed, stragglers } = world
  const job = filmJob(film, measured, new Random(seed), { stragglers })
  const farm = farmOf(world, workers, failures)
  return runFarm(failures ? { ...farm, workerStart: measured.workerStart } : farm, [job], seed)
}

/** Seconds of a film in one piece on one worker. */
function unsplit(world: World, seconds: number): number {
  return runFilm({ ...world, stragglers: { share: 0, factor: 1 } }, { seconds }, 1).seconds
}

/** How much faster a film in pieces is than in one piece on one worker. */
export interface SpeedUp {
  readonly chunkSeconds: number
  readonly workers: number
  readonly seconds: number
  readonly speedUp: number
  /** By the chunk that takes the longest. */
  readonly bySlowestChunk: number
}

export function speedUps(
  world: World,
  seconds: number,
  chunks: readonly number[],
  workers: readonly number[],
): SpeedUp[] {
  const base = unsplit(world, seconds)
  return chunks.flatMap(chunkSeconds =>
    workers.map(count => {
      const run = runFilm(world, { seconds, chunkSeconds }, count)
      return {
        ...{ chunkSeconds, workers: count, seconds: run.seconds, speedUp: base / run.seconds },
        bySlowestChunk: run.seconds / run.slowestChunk,
      }
    }),
  )
}

/** What a busy farm uses of its limits. */
export interface LimitUse {
  readonly title: string
  readonly workers: number
  readonly stepsPerSecond: number
  readonly used: FarmRun['used']
}

/** Films to encode all at once: enough that the start and the end of the run hardly count. */
export function limitUses(
  world: World,
  films: readonly (Film & { readonly title: string })[],
  workers: readonly number[],
): LimitUse[] {
  return films.flatMap(({ title, ...film }) =>
    workers.map(count => {
      const random = new Random(world.seed)
      const perFilm = filmJob(film, world.measured, random).chunks.length
      const jobs = Array.from({ length: Math.ceil((12 * count) / perFilm) + 1 }, () =>
        filmJob(film, world.measured, random, { stragglers: world.stragglers }),
      )
      const run = runFarm(farmOf(world, count), jobs, world.seed)
      return { title, workers: count, stepsPerSecond: run.steps / run.seconds, used: run.used }
    }),
  )
}

/**
 * The limit beside the workers that is used the most, and the number of workers that would use all of it. Of a run that
 * uses all of it already, the number says nothing.
 */
export function firstLimit({ used, workers }: LimitUse): { readonly name: string; readonly workers: number } {
  const [first = 'engine'] = LIMITS.filter(name => name !== 'workers').sort((a, b) => used[b] - used[a])
  return { name: first, workers: (workers * used.workers) / used[first] }
}

/** How long objects take that come all the time. */
export interface Steady {
  readonly workers: number
  readonly used: number
  /** Seconds from being added to the end: the median, and that of 95 of 100. */
  readonly median: number
  readonly late: number
}

/** Objects that come at random, so many an hour, for an hour. */
export function steadyLoad(world: World, film: Film, perHour: number, shares: readonly number[]): Steady[] {
  const random = new Random(world.seed)
  const jobs: FarmJob[] = []
  for (let at = 0; at < HOUR; at += random.sample({ exponential: HOUR / perHour }))
    jobs.push(filmJob(film, world.measured, random, { at, stragglers: world.stragglers }))
  const needed = jobs.reduce((sum, job) => sum + cpuOf(job), 0) / HOUR
  return shares.map(share => {
    const workers = Math.ceil(needed * share)
    const run = runFarm(farmOf(world, workers), jobs, world.seed)
    const times = run.jobs.map(({ at, end }) => end - at).sort((a, b) => a - b)
    return {
      ...{ workers, used: run.used.workers },
      ...{ median: quantile(times, 0.5), late: quantile(times, 0.95) },
    }
  })
}

/** What failures cost. */
export interface Failing {
  /** `undefined`: in one piece. */
  readonly chunkSeconds: number | undefined
  /** Hours that a worker lives, on average. */
  readonly hours: number
  /** CPU time of steps that died, by that of all that succeeded. */
  readonly lost: number
  /** The time of the film, by that without failures. */
  readonly slower: number
}

/** Rounds enough for a mean: a single film sees a single death, or none. */
const ROUNDS = 200

export function failing(
  world: World,
  seconds: number,
  workers: number,
  chunks: readonly (number | undefined)[],
  lives: readonly number[],
): Failing[] {
  return chunks.flatMap(chunkSeconds =>
    lives.map(hours => {
      const sums = { lost: 0, done: 0, seconds: 0, calm: 0 }
      for (let round = 0; round < ROUNDS; round++) {
        const seeded = { ...world, seed: world.seed + round }
        const film = { seconds, chunkSeconds }
        const run = runFilm(seeded, film, workers, { hours, noticed: NOTICED })
        sums.lost += run.lostSeconds
        sums.done += run.cpuSeconds - run.lostSeconds
        sums.seconds += run.seconds
        sums.calm += runFilm(seeded, film, workers).seconds + mean(world.measured.workerStart)
      }
      return { chunkSeconds, hours, lost: sums.lost / sums.done, slower: sums.seconds / sums.calm }
    }),
  )
}

/** Time and cost of a film. */
export interface Priced {
  readonly chunkSeconds: number
  readonly workers: number
  readonly seconds: number
  readonly cost: Cost
}

export function priced(
  world: World,
  seconds: number,
  prices: Prices,
  chunks: readonly number[],
  workers: readonly number[],
  workGigabytes: number,
): Priced[] {
  return chunks.flatMap(chunkSeconds =>
    workers.map(count => {
      const run = runFilm(world, { seconds, chunkSeconds }, count)
      return {
        ...{ chunkSeconds, workers: count, seconds: run.seconds },
        cost: costOf(run, prices, workGigabytes),
      }
    }),
  )
}
