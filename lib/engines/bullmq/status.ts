import { integerOption } from '../../options.js'
import { type JobInfo, type Surroundings, jobInfo } from './job-info.js'
import { listWorkers, slotsOf } from './list-workers.js'
import { type BullJob, type OpenQueue, withQueue } from './open-queue.js'
import { type QueueOptions, queueSettings } from './queue-options.js'
import { isJob } from './record-failure.js'
import type { WorkerInfo } from './worker-name.js'

/** Options of `status`. */
export interface StatusOptions extends QueueOptions {
  /** Maximum length of each list of jobs: 1 to 10,000. `counts` are always complete. @defaultValue 100 */
  limit?: number | undefined
}

/** Numbers of steps. A whole job is one step; a split job is one, and one more for each piece. */
export interface FarmCounts {
  /** Steps that wait for a worker. */
  readonly waiting: number
  /** Steps that run. */
  readonly running: number
  /** Split jobs whose pieces wait or run. */
  readonly split: number
  /** Steps that wait for the next attempt, or for a worker with another build of ffmpeg. */
  readonly delayed: number
  /** Finished jobs that the queue still keeps. */
  readonly done: number
  /** Failed jobs that the queue still keeps. */
  readonly failed: number
}

/** The state of a queue and of its workers. */
export interface FarmStatus {
  /** The name of the queue. */
  readonly queue: string
  /** Numbers of its steps. */
  readonly counts: FarmCounts
  /** The workers that are connected now. */
  readonly workers: readonly WorkerInfo[]
  /** Running jobs, whole or split, with their progress. */
  readonly running: readonly JobInfo[]
  /** Failed jobs, the latest first, each with an error that has a code and a remedy. */
  readonly failed: readonly JobInfo[]
  /** Those running jobs whose pieces no connected worker can encode: none has the build of ffmpeg that they need. */
  readonly unfit: readonly JobInfo[]
}

const AT_ONCE = 20

/**
 * The state of a queue and its workers: running jobs with their progress and estimated time, failed jobs with their
 * errors and what to do. It contains no secrets.
 *
 * @throws `OptionError`; `QueueError` `AVIO_ERR_QUEUE_UNREACHABLE`, `AVIO_ERR_QUEUE_PEER_MISSING`
 */
export async function status(options: StatusOptions): Promise<FarmStatus> {
  const settings = queueSettings(options, 'status', ['limit'])
  const limit = integerOption(options, 'limit', { min: 1, max: 10_000, default: 100 })
  return await withQueue(settings, async open => {
    const { queue } = open
    const [counts, workers, active, split, failed] = await Promise.all([
      countsOf(open),
      listWorkers(open),
      queue.getActive(0, -1) as Promise<BullJob[]>,
      queue.getWaitingChildren(0, limit - 1) as Promise<BullJob[]>,
      queue.getFailed(0, limit - 1) as Promise<BullJob[]>,
    ])
    const around = surroundings(workers, active)
    const jobs = [...active.filter(isJob).slice(0, limit), ...split.filter(isJob)]
    const running = await infos(open, jobs, around)
    return {
      ...{ queue: settings.queue, counts, workers, running },
      failed: (await infos(open, failed.filter(isJob), around)).filter(({ state }) => state === 'failed'),
      unfit: running.filter(({ needsFfmpeg }) => needsFfmpeg !== undefined),
    }
  })
}

/** What `jobInfo` needs to know of the workers and of the steps that run. */
export function surroundings(workers: readonly WorkerInfo[], active: readonly BullJob[]): Surroundings {
  return {
    runningPieces: active.filter(step => !isJob(step)),
    slots: slotsOf(workers),
    builds: new Set(workers.map(({ build }) => build)),
  }
}

async function countsOf({ queue }: OpenQueue): Promise<FarmCounts> {
  const counts = await queue.getJobCounts()
  const of = (...states: string[]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
  return {
    waiting: of('waiting', 'wait', 'prioritized', 'paused'),
    running: of('active'),
    split: of('waiting-children'),
    delayed: of('delayed'),
    done: of('completed'),
    failed: of('failed'),
  }
}

async function infos(open: OpenQueue, jobs: readonly BullJob[], around: Surroundings): Promise<JobInfo[]> {
  const told: JobInfo[] = []
  for (let at = 0; at < jobs.length; at += AT_ONCE) {
    told.push(...(await Promise.all(jobs.slice(at, at + AT_ONCE).map(job => jobInfo(open, job, around)))))
  }
  return told
}
