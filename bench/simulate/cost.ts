import type { FarmRun } from './farm-model.js'

/** Prices, in one currency. They are yours to fill in: each contract, region and month has others. */
export interface Prices {
  readonly currency: string
  /** Where they are from. */
  readonly source: string
  /** When they held, as `2026-11-29`. */
  readonly date: string
  /** One worker with one core, for an hour. */
  readonly workerHour: number
  /** The machine of the engine, for an hour. */
  readonly engineHour: number
  /** A thousand requests that read. */
  readonly thousandReads: number
  /** A thousand requests that write. */
  readonly thousandWrites: number
  /** A gigabyte in the work prefix, for a month of 30 days. */
  readonly gigabyteMonth: number
}

/** The cost of a run. */
export interface Cost {
  readonly workers: number
  readonly engine: number
  readonly requests: number
  readonly work: number
  readonly total: number
}

const HOUR = 3600
const MONTH = 30 * 24 * HOUR

/**
 * What a run costs.
 *
 * @param workGigabytes - the gigabytes in the work prefix, which stay there as long as the run takes
 */
export function costOf(run: FarmRun, prices: Prices, workGigabytes = 0): Cost {
  const workers = (run.workerSeconds / HOUR) * prices.workerHour
  const engine = (run.seconds / HOUR) * prices.engineHour
  const requests = (run.reads * prices.thousandReads + run.writes * prices.thousandWrites) / 1000
  const work = workGigabytes * (run.seconds / MONTH) * prices.gigabyteMonth
  return { workers, engine, requests, work, total: workers + engine + requests + work }
}

const NUMBERS = ['workerHour', 'engineHour', 'thousandReads', 'thousandWrites', 'gigabyteMonth'] as const

/** Checks prices from a file. */
export function checkPrices(value: unknown): Prices {
  const prices = value as Partial<Record<keyof Prices, unknown>> | null
  for (const name of NUMBERS) {
    const price = prices?.[name]
    if (typeof price !== 'number' || !(price >= 0))
      throw new Error(`The price "${name}" has to be a number from 0, and is ${JSON.stringify(price)}`)
  }
  for (const name of ['currency', 'source', 'date'] as const) {
    if (typeof prices?.[name] !== 'string')
      throw new Error(`Prices need a "${name}": they are worth nothing without it`)
  }
  return prices as Prices
}
