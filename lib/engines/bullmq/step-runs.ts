import { QueueError } from '../../errors.js'

/** A step that runs in this process. */
export interface StepRun {
  /** The ID of the step in the queue. */
  readonly id: string
  /** The ID of its job. */
  readonly job: string
  /** Aborted with the reason: the lock is lost, the job is cancelled, the worker shuts down. */
  readonly signal: AbortSignal
}

interface Held extends StepRun {
  readonly controller: AbortController
  /** The last time at which the lock was surely ours. */
  renewed: number
}

/**
 * The steps that run in this process, and the reasons to stop them.
 *
 * If the engine is out of reach, or the whole process was stopped, nothing tells a worker that its lock has expired: so
 * it also checks its own clock. From then on another worker may have the step, and this one must send nothing more.
 */
export class StepRuns {
  readonly #lockDuration: number
  readonly #now: () => number
  readonly #held = new Set<Held>()
  #closing: QueueError | undefined
  #checked: number

  /**
   * @param lockDuration - in milliseconds
   * @param now - a clock that never goes back, and goes on while the process is stopped
   */
  constructor(lockDuration: number, now: () => number = () => performance.now()) {
    this.#lockDuration = lockDuration
    this.#now = now
    this.#checked = now()
  }

  /** The number of running steps. */
  get size(): number {
    return this.#held.size
  }

  /** The jobs whose steps run here. */
  get jobs(): Set<string> {
    return new Set([...this.#held].map(({ job }) => job))
  }

  /** Begins a step. If it runs here already, that run is another one’s late twin. */
  begin(id: string, job: string): StepRun {
    this.lost([id])
    const controller = new AbortController()
    const held: Held = { id, job, controller, signal: controller.signal, renewed: this.#now() }
    this.#held.add(held)
    if (this.#closing !== undefined) controller.abort(this.#closing)
    return held
  }

  /** Forgets a step that has ended. */
  end(run: StepRun): void {
    this.#held.delete(run as Held)
  }

  /** Notes that the engine has renewed locks. */
  renewed(ids: readonly string[]): void {
    this.checkClock()
    for (const held of this.#held) if (ids.includes(held.id)) held.renewed = this.#now()
  }

  /** Stops steps whose locks are lost. */
  lost(ids: readonly string[]): void {
    for (const held of this.#held) {
      if (!ids.includes(held.id)) continue
      const message =
        'This worker could not renew its lock in time, so another one may have the step. It stops, and stores ' +
        'nothing more.'
      held.controller.abort(new QueueError('AVIO_ERR_QUEUE_LOCK_LOST', message, { job: held.job }))
    }
  }

  /** Stops steps whose locks have expired by this machine’s clock. Call it several times per `lockDuration`. */
  checkClock(): void {
    const now = this.#now()
    // No check for that long: the process was stopped, and a renewal that seems fresh is as old as that.
    const wasStopped = now - this.#checked > this.#lockDuration
    this.#checked = now
    const isLost = ({ renewed }: Held) => wasStopped || now - renewed > this.#lockDuration
    this.lost([...this.#held].filter(isLost).map(({ id }) => id))
  }

  /** Stops the steps of a cancelled job. */
  cancel(job: string): void {
    const reason = new QueueError('AVIO_ERR_QUEUE_CANCELLED', `The job ${job} was cancelled.`, { job })
    for (const held of this.#held) if (held.job === job) held.controller.abort(reason)
  }

  /** Stops every step that begins from now on: the worker is shutting down. */
  refuse(): void {
    const message = 'This worker is shutting down, and gives the step back to the queue.'
    this.#closing ??= new QueueError('AVIO_ERR_QUEUE_CLOSING', message)
  }

  /** Stops the running steps, too. */
  stop(): void {
    this.refuse()
    for (const { controller } of this.#held) controller.abort(this.#closing)
  }
}
