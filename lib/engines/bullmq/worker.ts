import { FarmWorker } from './farm-worker.js'
import { type WorkerOptions, workerSettings } from './worker-options.js'

/**
 * Starts a worker, which takes jobs from a queue and runs them in this process until it is closed. Start as many as you
 * have machines; one that dies costs the steps that it was running, a chunk of a split job each, and another worker
 * takes them over.
 *
 * - *Whole jobs* run as by `runJob`, and store each object only if nothing under its key has changed since they began.
 *   *Split jobs* become a step for each piece, on any of the workers, and a join; the queue keeps references, and never
 *   media.
 * - *Errors.* What a retry can't resolve fails at once, everything else after `attempts`. `status` lists what has
 *   failed, with its code and what to do; `retry` starts it again from where it stopped. A worker with another build of
 *   ffmpeg than a plan gives the piece back.
 * - *A lock that is lost stops the step*: a worker that was silent for too long stores nothing more.
 * - *Connections*: to Redis two, to PostgreSQL up to five.
 * - Memory: that of `concurrency` steps.
 *
 * @example
 * ```ts
 * const running = worker({ connection: 'redis://localhost', client, concurrency: 2 })
 * await running.ready()
 * process.once('SIGTERM', () => void running.close())
 * ```
 * @throws `OptionError`; everything else is told by `ready()`
 */
export function worker(options: WorkerOptions): FarmWorker {
  return new FarmWorker(workerSettings(options))
}
