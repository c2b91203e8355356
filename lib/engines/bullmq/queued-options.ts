import type { BulkJobOptions, JobsOptions } from 'bullmq'
import type { EngineConnection } from './engine-connection.js'
import type { BullJob } from './open-queue.js'

/** How a job is kept in the queue. */
export interface QueuedAs {
  /** From 0, the lowest first. */
  readonly priority: number
  readonly attempts: number
  /** Before the second attempt, in milliseconds; doubled before each further one. */
  readonly backoff: number
}

const DAY = 24 * 60 * 60
/** How long finished jobs are kept, in seconds. */
const AGES = { completed: 7 * DAY, failed: 30 * DAY }
/**
 * How many of them. Each takes some 2 kB: of Redis’s memory, but of PostgreSQL’s disk, where BullMQ would read all
 * finished jobs with each one that ends in order to count them.
 */
const MOST = { redis: { count: 10_000 }, postgres: {} }
/** A share of each wait is random, so that jobs that failed together do not come back together. */
const JITTER = 0.5

/**
 * BullMQ’s options for a job. It takes the lowest number first and 0 before all: within each priority of ours, pieces
 * and joins (odd) go before new jobs (even), so that what was begun ends first.
 */
export function jobOptions(
  id: string,
  { priority, attempts, backoff }: QueuedAs,
  engine: EngineConnection['engine'],
): JobsOptions {
  return {
    jobId: id,
    priority: 2 * priority + 2,
    attempts,
    backoff: { type: 'exponential', delay: backoff, jitter: JITTER },
    removeOnComplete: { age: AGES.completed, ...MOST[engine] },
    removeOnFail: { age: AGES.failed, ...MOST[engine] },
    // A stack names files of a machine.
    stackTraceLimit: 0,
  }
}

/** BullMQ’s options for a piece of a job, which leaves nothing of its own in the queue. */
export function pieceOptions(job: BullJob, id: string): BulkJobOptions {
  const { attempts = 1, backoff = 0 } = job.opts
  return {
    ...{ jobId: id, priority: soon(job), attempts, backoff },
    parent: { id: job.id!, queue: job.queueQualifiedName },
    failParentOnFailure: true,
    removeOnComplete: true,
    removeOnFail: true,
    stackTraceLimit: 0,
  }
}

/** The priority of a job’s pieces, and of its join. */
export function soon(job: BullJob): number {
  return (job.opts.priority ?? 2) - 1
}
