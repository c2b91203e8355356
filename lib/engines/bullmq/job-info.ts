import { parseLocation, shownLocation } from '../../job/schema/location.js'
import type { JobResult } from '../../job/schema/job-result.js'
import { looseStep } from '../steps/step.js'
import type { StoredError } from '../steps/stored-error.js'
import { storedError } from '../steps/stored-error.js'
import { QueueError } from '../../errors.js'
import { isCancelled } from './cancel-mark.js'
import type { BullJob, OpenQueue } from './open-queue.js'
import { jobIdOf } from './record-failure.js'
import { type JobProgressInfo, ownProgress, splitProgress } from './split-progress.js'

/**
 * The state of a job:
 *
 * - `waiting` in the queue;
 * - `running` in a worker: a whole job, or a split one that is being planned or joined;
 * - `split` into pieces that wait or run;
 * - `delayed` until the next attempt, or until a worker has the build of ffmpeg that it needs;
 * - `done`, `failed`;
 * - `cancelled`, while its last steps end and its pieces are removed; then the queue forgets it.
 */
export type JobState = 'waiting' | 'running' | 'split' | 'delayed' | 'done' | 'failed' | 'cancelled'

/** A job in the queue. */
export interface JobInfo extends JobProgressInfo {
  /** As `addJob` returned it. */
  readonly id: string
  /** See {@link JobState}. */
  readonly state: JobState
  /** The URLs of its inputs, without their queries. */
  readonly inputs: readonly string[]
  /** The URLs and prefixes of its outputs, without queries. */
  readonly outputs: readonly string[]
  /** Number of failed attempts. */
  readonly attempts: number
  /** The last error. A job that is `done` has none. */
  readonly error?: StoredError
  /** The result of a job that is `done`. */
  readonly result?: JobResult
  /** The version of ffmpeg that its pieces need, if no connected worker has that build. */
  readonly needsFfmpeg?: string
}

/** What there is to know beside the job. */
export interface Surroundings {
  /** Pieces that run now, of any job. */
  readonly runningPieces: readonly BullJob[]
  /** Steps that all workers together can run at the same time. */
  readonly slots: number
  /** The builds of ffmpeg that the workers have. */
  readonly builds: ReadonlySet<string>
}

const STATES: Readonly<Record<string, JobState>> = {
  active: 'running',
  'waiting-children': 'split',
  delayed: 'delayed',
  completed: 'done',
  failed: 'failed',
}

/** Describes a job in the queue. */
export async function jobInfo(
  open: Pick<OpenQueue, 'queue'>,
  given: BullJob,
  { runningPieces, slots, builds }: Surroundings,
): Promise<JobInfo> {
  const id = given.id!
  const [bullState, cancelled] = await Promise.all([given.getState(), isCancelled(open, id)])
  const state = cancelled ? 'cancelled' : (STATES[bullState] ?? 'waiting')
  // It may have ended since it was read: then its result is newer than what was read.
  const isOld = (bullState === 'completed' || bullState === 'failed') && given.finishedOn === undefined
  const job = isOld ? ((await open.queue.getJob(id)) ?? given) : given
  const { job: own, planned, error } = looseStep(job.data)
  const pieces = runningPieces.filter(piece => jobIdOf(piece) === id)
  const progress =
    bullState === 'waiting-children'
      ? await splitProgress(job, pieces, slots)
      : state === 'running'
        ? ownProgress(job)
        : {}
  const told = state === 'done' ? undefined : (error ?? lostError(job, state))
  const isUnfit = bullState === 'waiting-children' && planned !== undefined && !builds.has(planned.build)
  return {
    ...{ id, state, inputs: placesOf(own?.inputs), outputs: placesOf(own?.outputs) },
    attempts: job.attemptsMade,
    ...progress,
    ...(told && { error: told }),
    ...(state === 'done' && { result: job.returnvalue as JobResult }),
    ...(isUnfit && { needsFfmpeg: planned.ffmpeg }),
  }
}

/** The locations in a list of inputs or outputs, as far as this version of the library knows them. */
function placesOf(list: unknown): string[] {
  const entries = (Array.isArray(list) ? list : []) as ({ url?: unknown; prefix?: unknown } | null)[]
  return entries.flatMap(entry => {
    const place = entry?.prefix ?? entry?.url
    return typeof place === 'string' && parseLocation(place) !== undefined ? [shownLocation(place)] : []
  })
}

/** The error of a job that has none in its data: its worker, or that of its piece, ended before it could store it. */
function lostError(job: BullJob, state: JobState): StoredError | undefined {
  if (state !== 'failed') return undefined
  const reason = job.failedReason
  if (!/^child .* failed$/s.test(reason)) return storedError(new Error(reason))
  const message = 'A piece of the job failed, and its worker ended before it could record the error.'
  return storedError(new QueueError('AVIO_ERR_QUEUE_PIECE_FAILED', message, { job: job.id }))
}
