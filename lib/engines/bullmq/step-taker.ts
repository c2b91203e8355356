import { QueueError } from '../../errors.js'
import type { TargetsBefore } from '../steps/own-targets.js'
import { runJobStep } from '../steps/run-job-step.js'
import { runPiece } from '../steps/run-piece.js'
import { type JobStep, checkJobStep, checkPieceStep } from '../steps/step.js'
import type { StepContext, StepProgress } from '../steps/step-context.js'
import { type StoredError, storedError } from '../steps/stored-error.js'
import { verdictOf } from '../steps/verdict.js'
import { isCancelled } from './cancel-mark.js'
import { handOut } from './hand-out.js'
import { listWorkers, slotsOf } from './list-workers.js'
import type { BullJob, OpenQueue } from './open-queue.js'
import { JOB } from './put-jobs.js'
import { jobIdOf, pieceOf, recordFailure } from './record-failure.js'
import type { StepRun, StepRuns } from './step-runs.js'
import type { WorkerSettings } from './worker-options.js'

/** Pieces are handed out again if their results are gone; if that happens this often, something removes them. */
const MOST_ROUNDS = 20
/** How often to store progress, in milliseconds. */
export const PROGRESS = 1000

/** Listens to steps. */
export interface StepListener {
  onStart(step: BullJob): void
  onFailure(step: BullJob, error: StoredError, isFinal: boolean): void
  onBack(step: BullJob, error: StoredError): void
}

/** Runs the steps that BullMQ delivers, and tells BullMQ what their errors mean. */
export class StepTaker {
  readonly #open: OpenQueue
  readonly #settings: WorkerSettings
  readonly #runs: StepRuns
  readonly #listener: StepListener

  constructor(open: OpenQueue, settings: WorkerSettings, runs: StepRuns, listener: StepListener) {
    this.#open = open
    this.#settings = settings
    this.#runs = runs
    this.#listener = listener
  }

  /**
   * Runs a step.
   *
   * @param token - BullMQ’s token of the lock
   * @returns the result that the queue keeps
   */
  async take(step: BullJob, token: string): Promise<unknown> {
    const run = this.#runs.begin(step.id!, jobIdOf(step))
    try {
      run.signal.throwIfAborted()
      this.#listener.onStart(step)
      return step.name === JOB ? await this.#job(step, token, run) : await this.#piece(step, run)
    } catch (error) {
      if (error instanceof this.#open.bull.WaitingChildrenError) throw error
      return await this.#failed(step, token, error, run)
    } finally {
      this.#runs.end(run)
    }
  }

  async #job(step: BullJob, token: string, run: StepRun): Promise<unknown> {
    const { bull, queue } = this.#open
    let data = checkJobStep(step.data)
    if (await isCancelled(this.#open, run.job)) this.#runs.cancel(run.job)
    run.signal.throwIfAborted()
    const workers = async () => slotsOf(await listWorkers(this.#open))
    for (;;) {
      const keepTargets = (targets: TargetsBefore) => step.updateData({ ...data, targets })
      const end = await runJobStep(data, run.job, { ...this.#context(step, run), workers, keepTargets })
      if ('result' in end) return end.result
      const rounds = (data.rounds ?? 0) + 1
      if (rounds > MOST_ROUNDS) throw resultsVanish(run.job, end.pieces.length)
      data = { ...data, planned: end.planned, rounds }
      await step.updateData(data)
      run.signal.throwIfAborted()
      await handOut({ queue }, step, end.planned.reference, end.pieces)
      run.signal.throwIfAborted()
      if (await this.#waitsForPieces(step, token)) throw new bull.WaitingChildrenError()
    }
  }

  async #waitsForPieces(step: BullJob, token: string): Promise<boolean> {
    try {
      return await step.moveToWaitingChildren(token)
    } catch (cause) {
      if ((cause as Error).name !== 'UnrecoverableError') throw cause
      // A piece has failed already. Its worker has recorded why.
      throw new QueueError(
        'AVIO_ERR_QUEUE_PIECE_FAILED',
        'A piece of the job failed.',
        {},
        { retryable: false },
      )
    }
  }

  async #piece(step: BullJob, run: StepRun): Promise<unknown> {
    const data = checkPieceStep(step.data)
    const [state, cancelled] = await Promise.all([
      this.#open.queue.getJobState(run.job),
      isCancelled(this.#open, run.job),
    ])
    // Nobody waits for it.
    if (cancelled || state === 'unknown' || state === 'failed' || state === 'completed')
      return { skipped: state }
    return await runPiece(data, this.#context(step, run))
  }

  #context(step: BullJob, { signal }: StepRun): StepContext {
    const { client, allow, trust, ffmpegPath, ffprobePath, env } = this.#settings
    // Each one is a write of the engine: a step of less than a second stores none.
    let told = performance.now()
    let last: Promise<unknown> = Promise.resolve()
    const onProgress = (progress: StepProgress) => {
      const now = performance.now()
      if (now - told < PROGRESS || signal.aborted) return
      told = now
      last = last.then(() => step.updateProgress({ ...progress })).catch(() => undefined)
    }
    return { client, allow, trust, ffmpegPath, ffprobePath, env, signal, onProgress }
  }

  /** Tells BullMQ what an error means, by what it throws. */
  async #failed(step: BullJob, token: string, error: unknown, { signal }: StepRun): Promise<never> {
    const { bull } = this.#open
    const verdict = verdictOf(error, signal)
    const stored = storedError(signal.aborted && verdict !== 'again' ? signal.reason : error, pieceOf(step))
    if (verdict === 'back' || verdict === 'lost') {
      this.#listener.onBack(step, stored)
      // Without the lock this fails, and whoever has it goes on.
      await step.moveToWait(token).catch(() => undefined)
      throw new bull.WaitingError()
    }
    if (verdict === 'elsewhere') {
      // PostgreSQL takes whole milliseconds only.
      const delay = Math.round(this.#settings.elsewhereDelay * (0.5 + Math.random()))
      await step.moveToDelayed(Date.now() + delay, token)
      this.#listener.onBack(step, stored)
      throw new bull.DelayedError()
    }
    const isFinal = verdict !== 'again' || step.attemptsMade + 1 >= (step.opts.attempts ?? 1)
    if (isFinal || step.name === JOB) await this.#record(step, stored)
    this.#listener.onFailure(step, stored, isFinal)
    throw this.#told(stored, isFinal)
  }

  /** The error of a piece says more than that a piece failed. */
  async #record(step: BullJob, error: StoredError): Promise<void> {
    if (error.code === 'AVIO_ERR_QUEUE_PIECE_FAILED') {
      const fresh = await this.#open.queue.getJob(step.id!)
      if ((fresh?.data as JobStep | undefined)?.error?.piece !== undefined) return
    }
    await recordFailure(this.#open, step, error)
  }

  #told({ code, message }: StoredError, isFinal: boolean): Error {
    const text = code === undefined ? message : `${message} (${code})`
    return isFinal ? new this.#open.bull.UnrecoverableError(text) : new Error(text)
  }
}

function resultsVanish(job: string, missing: number): QueueError {
  const message =
    `The results of ${missing} pieces are missing, although they were encoded several times: something else removes ` +
    'them from the work prefix. Give the prefix to these jobs alone.'
  return new QueueError('AVIO_ERR_QUEUE_PIECE_FAILED', message, { job }, { retryable: false })
}
