import { FarmWorker } from './farm-worker.js'
import { type WorkerOptions, workerSettings } from './worker-options.js'

/**
 * Starts a worker, which takes jobs from a queue and runs them in this process until it is closed. Start one or more on
 * each machine. If one dies, other workers run its steps again: of a split job, a chunk for each.
 *
 * - *Whole jobs* run as with `runJob`, and store each object only if nothing under its key has changed since the job
 *   began. *Split jobs* become one step for each piece, on any of the workers, and a join; the queue keeps references,
 *   never media.
 * - *Errors.* If a retry can't help, the job fails at once, otherwise after `attempts`. `status` lists failed jobs with
 *   the code and what to do; `retry` runs them again from where they stopped. A piece that needs another build of
 *   ffmpeg goes back to the queue.
 * - *A lost lock stops the step*: a worker that could not renew its lock in time stores nothing more.
 * - *Connections*: two to Redis, up to five to PostgreSQL.
 * - *Memory*: that of `concurrency` steps, one ffmpeg each.
 *
 * @example
 * ```ts
 * const running = worker({ connection: 'redis://localhost', client, concurrency: 2 })
 * await running.ready()
 * process.once('SIGTERM', () => void running.close())
 * ```
 * @throws `OptionError`; `ready()` rejects with everything else
 */
export function worker(options: WorkerOptions): FarmWorker {
  return new FarmWorker(workerSettings(options))
}
