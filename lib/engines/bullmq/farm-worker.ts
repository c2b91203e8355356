import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import type { Worker as BullWorker } from 'bullmq'
import { isError } from '../../errors.js'
import { sleep } from '../../io/async/sleep.js'
import type { JobResult, WorkLeft } from '../../job/schema/job-result.js'
import { buildOf } from '../../job/split/fingerprint.js'
import { storedError } from '../steps/stored-error.js'
import type { StoredError } from '../steps/stored-error.js'
import { isCancelled } from './cancel-mark.js'
import { engineFailure } from './connection.js'
import { type BullJob, type OpenQueue, openQueue } from './open-queue.js'
import { afterFailure, jobIdOf, pieceOf } from './record-failure.js'
import { StepRuns } from './step-runs.js'
import { StepTaker } from './step-taker.js'
import { workerName } from './worker-name.js'
import type { WorkerSettings } from './worker-options.js'

/** A step of a job, in the events of a worker. */
export interface FarmStep {
  /** The ID of the job. */
  readonly job: string
  /** `job`: a whole job, the plan of a split one, or its join; `chunk`, `audio`, `images`. */
  readonly name: string
  /** The piece: `chunk-00003`, `audio`, `images`; absent for `job`. */
  readonly piece?: string
}

/** The events of a {@link FarmWorker}. */
export interface FarmWorkerEvents {
  /** A step begins. */
  start: [step: FarmStep]
  /**
   * A step has succeeded, after this many seconds. A split job succeeds when it is joined; `workLeft` says which of its
   * pieces could not be removed after that.
   */
  done: [step: FarmStep, seconds: number, workLeft?: WorkLeft]
  /** A step has failed. Unless `isFinal`, it is tried again. */
  fail: [step: FarmStep, error: StoredError, isFinal: boolean]
  /**
   * A step went back to the queue, and no attempt is counted: it needs a worker with another build of ffmpeg, or this
   * worker shuts down or lost its lock.
   */
  back: [step: FarmStep, error: StoredError]
  /**
   * Something failed outside of a step, for example the connection to the engine (`AVIO_ERR_QUEUE_UNREACHABLE`, once
   * for each attempt to connect again). The worker goes on.
   */
  error: [error: Error]
}

/** How often to look for cancelled jobs, in milliseconds. */
export const CANCEL_INTERVAL = 1000
/** How long stopped steps may take to clean up and to go back to the queue, in milliseconds. */
export const CLEAN_UP = 15_000

interface Running {
  readonly open: OpenQueue
  readonly bull: BullWorker<unknown, unknown>
}

/**
 * Takes jobs and pieces from a queue and runs them in this process. Created by {@link worker}.
 *
 * An `error` event that nobody listens to is ignored: unlike other emitters, it does not throw.
 */
export class FarmWorker extends EventEmitter<FarmWorkerEvents> {
  readonly #settings: WorkerSettings
  readonly #runs: StepRuns
  readonly #opened: Promise<Running>
  readonly #timers: NodeJS.Timeout[] = []
  #isLooking = false
  #closed: Promise<void> | undefined

  /** @internal */
  constructor(settings: WorkerSettings) {
    super()
    this.#settings = settings
    this.#runs = new StepRuns(settings.lockDuration)
    this.on('error', () => undefined)
    this.#opened = this.#open()
    this.#opened.catch(() => undefined)
  }

  /**
   * Resolves once the worker takes jobs.
   *
   * @throws `QueueError` `AVIO_ERR_QUEUE_UNREACHABLE`, `AVIO_ERR_QUEUE_PEER_MISSING`; `FfmpegError`
   * `AVIO_ERR_FFMPEG_NOT_FOUND`, `AVIO_ERR_FFMPEG_TOO_OLD`
   */
  async ready(): Promise<void> {
    await this.#opened
  }

  /** The number of steps that are running in this process. */
  get running(): number {
    return this.#runs.size
  }

  /**
   * Shuts down: takes no more steps, waits up to `drainTimeout` for the running ones, then stops them, removes what
   * they have stored so far, and gives them back to the queue without counting an attempt. Safe to call again, also
   * with `force`.
   *
   * @param options - `force`: stops the running steps at once. `false` by default
   */
  async close({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    if (force) this.#runs.stop()
    this.#closed ??= this.#close()
    await this.#closed
  }

  async #open(): Promise<Running> {
    const { queue: name, concurrency, globalConcurrency, limiter, ...settings } = this.#settings
    // A machine without ffmpeg takes no job at all.
    const { ffmpeg, build } = await buildOf(settings)
    const open = await openQueue(this.#settings, 'worker')
    const { bull, queue, engine, backend } = open
    if (globalConcurrency !== undefined) await queue.setGlobalConcurrency(globalConcurrency)
    const listener = {
      onStart: (step: BullJob) => this.emit('start', stepOf(step)),
      onFailure: (step: BullJob, error: StoredError, isFinal: boolean) =>
        this.emit('fail', stepOf(step), error, isFinal),
      onBack: (step: BullJob, error: StoredError) => this.emit('back', stepOf(step), error),
    }
    const taker = new StepTaker(open, this.#settings, this.#runs, listener)
    const info = { host: hostname(), pid: process.pid, concurrency, ffmpeg, build: build.slice(0, 8) }
    const worker = new bull.Worker<unknown, unknown>(
      name,
      (step, token) => taker.take(step, token!),
      {
        connection: engine.connection,
        name: workerName(info, name),
        ...{ concurrency, limiter: limiter!, maxStalledCount: settings.maxStalledCount },
        ...{ lockDuration: settings.lockDuration, stalledInterval: settings.stalledInterval },
      },
      backend,
    )
    this.#listen(worker, open)
    await worker.waitUntilReady()
    return { open, bull: worker }
  }

  #listen(worker: BullWorker<unknown, unknown>, open: OpenQueue): void {
    worker.on('error', error => this.#tell(error))
    worker.on('lockRenewalFailed', ids => this.#runs.lost(ids))
    worker.on('locksRenewed', ({ jobIds }) => this.#runs.renewed(jobIds))
    worker.on('completed', (step: BullJob, result) => this.#done(step, result))
    worker.on('failed', (step, error) => {
      if (step === undefined || step.finishedOn === undefined) return
      afterFailure(open, step, error.message).catch((cause: unknown) => this.#tell(cause))
    })
    this.#every(this.#settings.lockDuration / 5, () => this.#runs.checkClock())
    this.#every(CANCEL_INTERVAL, () => this.#cancel(open))
  }

  #every(ms: number, task: () => unknown): void {
    this.#timers.push(setInterval(task, ms))
  }

  #done(step: BullJob, result: unknown): void {
    const { processedOn, finishedOn } = step
    const { workLeft } = (result ?? {}) as Partial<JobResult>
    this.emit('done', stepOf(step), ((finishedOn ?? 0) - (processedOn ?? 0)) / 1000, workLeft)
  }

  async #cancel(open: OpenQueue): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      for (const job of this.#runs.jobs) if (await isCancelled(open, job)) this.#runs.cancel(job)
    } catch (error) {
      this.#tell(error)
    } finally {
      this.#isLooking = false
    }
  }

  #tell(cause: unknown): void {
    const error = engineFailure(cause, this.#settings.connection)
    this.emit('error', isError(error) ? error : new Error(storedError(error).message))
  }

  async #close(): Promise<void> {
    const running = await this.#opened.catch(() => undefined)
    if (running === undefined) return
    const { open, bull } = running
    this.#runs.refuse()
    await bull.pause(true)
    const closing = bull.close()
    const drained = new AbortController()
    try {
      await Promise.race([closing, this.#giveUp(drained.signal)])
    } finally {
      drained.abort()
      for (const timer of this.#timers) clearInterval(timer)
      await open.close()
    }
  }

  /** Stops what still runs after `drainTimeout`. An engine that is gone must not keep the process waiting. */
  async #giveUp(signal: AbortSignal): Promise<void> {
    try {
      await sleep(this.#settings.drainTimeout, signal)
      this.#runs.stop()
      await sleep(CLEAN_UP, signal)
    } catch {
      // Everything has ended.
    }
  }
}

function stepOf(step: BullJob): FarmStep {
  const piece = pieceOf(step)
  return { job: jobIdOf(step), name: step.name, ...(piece !== undefined && { piece }) }
}
