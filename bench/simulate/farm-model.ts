import { Cores, type Task } from './cores.js'
import { EventQueue } from './event-queue.js'
import { type Distribution, Random } from './random.js'
import { RateLimit } from './rate-limit.js'

/**
 * A discrete-event model of a farm. Workers take steps from one queue, first in, first out. A step asks the engine, waits
 * for first bytes, and then needs a core while the store answers its requests; it ends with the later of both. While it
 * runs, it asks the engine time and again, which delays the steps of others once the engine can't keep up. A job consists
 * of a plan, its audio and chunks, which may run at the same time, and a join; a job in one piece has only that.
 *
 * A worker that dies takes its step along: the engine finds out after a while, and the step starts again elsewhere.
 */

/** The work of one step. */
export interface Work {
  /** Seconds of a core. */
  readonly cpu: number
  /** Requests that read: GET, HEAD, LIST. */
  readonly reads: number
  /** Requests that write: PUT, POST, DELETE. */
  readonly writes: number
  /** How often the step waits for a first byte, one after the other. */
  readonly trips: number
}

/** A job. */
export interface FarmJob {
  /** The time at which it is added, in seconds. */
  readonly at: number
  readonly plan?: Work | undefined
  /** The audio, which is not split. */
  readonly audio?: Work | undefined
  /** The chunks of the video, or the whole. */
  readonly chunks: readonly Work[]
  readonly join?: Work | undefined
}

/** The machines, the engine, the store, and their limits. */
export interface Farm {
  readonly workers: number
  /** Workers that share a machine. @defaultValue 1 */
  readonly workersPerHost?: number
  /** Cores of a machine. @defaultValue as many as it has workers */
  readonly coresPerHost?: number
  /** The most cores that a step uses. @defaultValue 1 */
  readonly coresPerStep?: number
  /** Seconds from the start of a worker to its first step. */
  readonly workerStart: Distribution
  readonly engine: {
    /** Seconds that a step waits for the engine: to be taken, and to be reported as done. */
    readonly latency: Distribution
    /** Requests a second that it answers, over all workers. */
    readonly perSecond: number
    /** Requests of a step, whatever its length. @defaultValue 1 */
    readonly perStep?: number
    /** Further requests for each second of a step. @defaultValue 0 */
    readonly perStepSecond?: number
  }
  readonly store: {
    /** Seconds to the first byte. */
    readonly firstByte: Distribution
    /** Reading requests a second. */
    readonly readsPerSecond: number
    /** Writing requests a second. */
    readonly writesPerSecond: number
  }
  readonly failures?: {
    /** Hours from the start of a worker to its death, on average. */
    readonly hours: number
    /** Seconds until the engine gives the step of a dead worker to another one. */
    readonly noticed: number
  }
}

/** The names of what a farm can run out of. */
export const LIMITS = ['workers', 'engine', 'reads', 'writes'] as const

/** What happened. */
export interface FarmRun {
  /** The time at which the last job ended. */
  readonly seconds: number
  /** When each job was added, and when it ended. */
  readonly jobs: readonly { readonly at: number; readonly end: number }[]
  /** Steps that succeeded. */
  readonly steps: number
  /** Seconds of the chunk that took the longest, from its start on a worker to its end. */
  readonly slowestChunk: number
  /** Worker seconds, from the first start to the last end. */
  readonly workerSeconds: number
  readonly cpuSeconds: number
  /** CPU seconds of steps whose worker died. */
  readonly lostSeconds: number
  readonly deaths: number
  readonly reads: number
  readonly writes: number
  /** The share of each limit that was used, from 0 to 1. */
  readonly used: Readonly<Record<(typeof LIMITS)[number], number>>
}

interface Step {
  readonly work: Work
  readonly isChunk: boolean
  readonly onDone: () => void
}

interface Worker {
  readonly cores: Cores
  /** Counts its lives: what a former life has planned is void. */
  life: number
  step?: Step | undefined
  task?: Task | undefined
  /** CPU seconds of its step, once they are over: the step still waits for its requests. */
  worked: number
  since: number
}

const HOUR = 3600
/** Seconds between two lots of a step's requests to the engine: fewer events than one for each. */
const LOT = 10

/** Runs jobs on a farm; the same seed gives the same run. */
export function runFarm(farm: Farm, jobs: readonly FarmJob[], seed = 1): FarmRun {
  return new FarmModel(farm, seed).run(jobs)
}

class FarmModel {
  readonly #events = new EventQueue()
  readonly #random: Random
  readonly #engine: RateLimit
  readonly #reads: RateLimit
  readonly #writes: RateLimit
  readonly #idle: Worker[] = []
  readonly #waiting: Step[] = []
  /** The first waiting step: a queue of 100,000 is not moved at each step. */
  #head = 0
  #steps = 0
  #slowest = 0
  #busy = 0
  #cpu = 0
  #lost = 0
  #deaths = 0

  constructor(
    private readonly farm: Farm,
    seed: number,
  ) {
    const { engine, store } = farm
    this.#random = new Random(seed)
    this.#engine = new RateLimit(this.#events, engine.perSecond)
    this.#reads = new RateLimit(this.#events, store.readsPerSecond)
    this.#writes = new RateLimit(this.#events, store.writesPerSecond)
  }

  run(jobs: readonly FarmJob[]): FarmRun {
    const { workers, workersPerHost = 1, coresPerHost = workersPerHost, coresPerStep = 1 } = this.farm
    const host = () => new Cores(this.#events, coresPerHost, coresPerStep)
    let cores = host()
    for (let n = 0; n < workers; n++) {
      if (n % workersPerHost === 0) cores = host()
      this.#start({ cores, life: 0, worked: 0, since: 0 })
    }
    const ends: number[] = jobs.map(() => NaN)
    let open = jobs.length
    jobs.forEach((job, n) =>
      this.#events.at(job.at, () =>
        this.#add(job, () => {
          ends[n] = this.#events.now
          open--
        }),
      ),
    )
    this.#events.run(() => open === 0)
    return this.#report(jobs.map(({ at }, n) => ({ at, end: ends[n]! })))
  }

  #report(jobs: FarmRun['jobs']): FarmRun {
    const seconds = this.#events.now
    const workerSeconds = this.farm.workers * seconds
    const used = (limit: RateLimit) => limit.answered / limit.perSecond / seconds
    return {
      ...{ seconds, jobs, steps: this.#steps, slowestChunk: this.#slowest, workerSeconds },
      ...{ cpuSeconds: this.#cpu, lostSeconds: this.#lost, deaths: this.#deaths },
      ...{ reads: this.#reads.answered, writes: this.#writes.answered },
      used: {
        workers: this.#busy / workerSeconds,
        engine: used(this.#engine),
        reads: used(this.#reads),
        writes: used(this.#writes),
      },
    }
  }

  /** Adds a job: its plan, then its audio and chunks, then its join. */
  #add({ plan, audio, chunks, join }: FarmJob, onDone: () => void): void {
    let missing = chunks.length + (audio === undefined ? 0 : 1)
    const joinAll = () => {
      if (--missing > 0) return
      if (join === undefined) onDone()
      else this.#offer({ work: join, isChunk: false, onDone })
    }
    const cut = () => {
      // The longest of them goes first.
      if (audio !== undefined) this.#offer({ work: audio, isChunk: false, onDone: joinAll })
      for (const work of chunks) this.#offer({ work, isChunk: true, onDone: joinAll })
    }
    if (plan === undefined) cut()
    else this.#offer({ work: plan, isChunk: false, onDone: cut })
  }

  #offer(step: Step): void {
    const worker = this.#idle.pop()
    if (worker === undefined) this.#waiting.push(step)
    else this.#begin(worker, step)
  }

  #start(worker: Worker): void {
    const life = ++worker.life
    const { workerStart, failures } = this.farm
    const ready = this.#events.now + this.#random.sample(workerStart)
    this.#events.at(ready, () => this.#next(worker))
    if (failures === undefined) return
    const end = ready + this.#random.sample({ exponential: failures.hours * HOUR })
    this.#events.at(end, () => {
      if (worker.life === life) this.#die(worker, failures.noticed)
    })
  }

  #next(worker: Worker): void {
    const step = this.#waiting[this.#head]
    if (step === undefined) {
      this.#idle.push(worker)
      return
    }
    this.#head++
    this.#begin(worker, step)
  }

  #begin(worker: Worker, step: Step): void {
    const { work } = step
    const { life } = worker
    const { engine, store } = this.farm
    Object.assign(worker, { step, worked: 0, since: this.#events.now })
    const alive = (run: () => void) => () => {
      if (worker.life === life) run()
    }
    const { perStep = 1, perStepSecond = 0 } = engine
    const taken = this.#engine.add(perStep) + this.#random.sample(engine.latency)
    const ask = () => {
      if (worker.step !== step) return
      this.#engine.add(LOT * perStepSecond)
      this.#events.at(this.#events.now + LOT, alive(ask))
    }
    if (perStepSecond > 0) this.#events.at(taken + LOT / 2, alive(ask))
    this.#events.at(
      taken,
      alive(() => {
        const requests = Math.max(this.#reads.add(work.reads), this.#writes.add(work.writes))
        let waits = 0
        for (let trip = 0; trip < work.trips; trip++) waits += this.#random.sample(store.firstByte)
        const encode = () => {
          worker.task = worker.cores.work(work.cpu, () => {
            worker.task = undefined
            worker.worked = work.cpu
            this.#cpu += work.cpu
            this.#events.at(Math.max(this.#events.now, requests), alive(end))
          })
        }
        const end = () => this.#end(worker, step)
        this.#events.at(this.#events.now + waits, alive(encode))
      }),
    )
  }

  #end(worker: Worker, step: Step): void {
    const seconds = this.#events.now - worker.since
    this.#busy += seconds
    this.#steps++
    if (step.isChunk) this.#slowest = Math.max(this.#slowest, seconds)
    worker.step = undefined
    step.onDone()
    this.#next(worker)
  }

  #die(worker: Worker, noticed: number): void {
    const { step, task } = worker
    this.#deaths++
    const index = this.#idle.indexOf(worker)
    if (index >= 0) this.#idle.splice(index, 1)
    if (step !== undefined) {
      const had = task?.stop() ?? 0
      this.#lost += had + worker.worked
      this.#cpu += had
      this.#busy += this.#events.now - worker.since
      this.#events.at(this.#events.now + noticed, () => this.#offer(step))
    }
    Object.assign(worker, { step: undefined, task: undefined })
    this.#start(worker)
  }
}
