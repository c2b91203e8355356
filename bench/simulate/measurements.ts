import { readFileSync } from 'node:fs'
import { CANCEL_INTERVAL } from '../../lib/engines/bullmq/farm-worker.js'
import { PROGRESS } from '../../lib/engines/bullmq/step-taker.js'
import type { Farm } from './farm-model.js'
import { type Distribution, middle } from './random.js'

/** CPU seconds of a step, by the length of its media. */
export interface StepTimes {
  /** Whatever the length: a process, the source's index, the first requests. */
  readonly fixed: number
  /** For each second of media. */
  readonly perMediaSecond: number
  /** What one step takes, by what the line above says: ordinary steps around 1, stragglers last. */
  readonly spread: Distribution
  /** Requests of one step. */
  readonly reads: number
  readonly writes: number
  /** Further requests for each second of media. */
  readonly readsPerMediaSecond: number
  readonly writesPerMediaSecond: number
  /** How often the step waits for a first byte, one after the other. */
  readonly trips: number
}

/** An engine by itself, with jobs that do nothing. */
export interface EngineTimes {
  /** Seconds from one job to the next, on one worker that takes one at a time. */
  readonly latency: Distribution
  /** Jobs a second that it hands out, over several workers. */
  readonly perSecond: number
}

/** What is added to a step, on one worker. */
export interface Added {
  /** Wall time, in seconds: a value for each turn. */
  readonly seconds: Distribution
  /** CPU time of the worker’s process without ffmpeg, and of the engine, in seconds. */
  readonly cpu: number
  readonly engineCpu: number
  /** Requests to the store. */
  readonly requests: number
}

/** What an engine adds, beside a bare loop over the same steps in the same process. */
export interface Overhead {
  /** To a job that is one step. */
  readonly object: Added
  /** To a step of a split job: its plan, a piece, its join. */
  readonly piece: Added
  /** A job of BullMQ that does nothing. */
  readonly nothing: Added
}

/** A farm on one machine, measured as a whole. */
export interface FarmTimes {
  /** `none`: a bare loop. */
  readonly engine: string
  readonly workers: number
  /** Seconds for all objects. */
  readonly objects: number
  /** Seconds for the film. */
  readonly film: number
}

/** What has been measured: `npm run bench -- farm --save`. */
export interface Measurements {
  /** How, where and when. */
  readonly origin: {
    readonly command: string
    readonly date: string
    readonly ffmpeg: string
    readonly cores: number
    /** The load of the machine in the minute before: of other programs, if it is well above the number of processes. */
    readonly load: number
    readonly media: string
  }
  readonly plan: StepTimes
  readonly chunk: StepTimes
  readonly audio: StepTimes
  readonly join: StepTimes
  /** The whole object in one piece. */
  readonly whole: StepTimes
  /** Seconds from the start of a worker process until it takes its first step. */
  readonly workerStart: Distribution
  readonly engines: Readonly<Record<string, EngineTimes>>
  readonly overheads: Readonly<Record<string, Overhead>>
  /** Farms on the measuring machine, with one worker process or more. */
  readonly farms: {
    readonly objects: number
    readonly film: { readonly seconds: number; readonly chunkSeconds: number }
    readonly times: readonly FarmTimes[]
  }
}

/** The measurements in this folder. */
export function readMeasurements(): Measurements {
  return JSON.parse(readFileSync(new URL('measurements.json', import.meta.url), 'utf8')) as Measurements
}

/**
 * Requests of a step to its engine, and for each second that it runs: whether it is cancelled, and to keep its progress.
 */
export const REQUESTS = { perStep: 3, perStepSecond: 1000 / CANCEL_INTERVAL + 1000 / PROGRESS }

/**
 * An engine in the model. A step takes as much longer as a step of a split job was measured to; each of its requests
 * counts as a job that does nothing, which is the more expensive of the two.
 *
 * @param name - `redis`, `postgres`
 */
export function engineOf({ engines, overheads }: Measurements, name: string): Farm['engine'] {
  const [engine, overhead] = [engines[name], overheads[name]]
  if (engine === undefined || overhead === undefined)
    throw new Error(`No engine "${name}"; measured are ${Object.keys(engines).join(', ')}`)
  const [, added] = middle(overhead.piece.seconds)
  return { latency: Math.max(0, added), perSecond: engine.perSecond, ...REQUESTS }
}
