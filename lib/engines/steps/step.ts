import { QueueError } from '../../errors.js'
import { parseJob } from '../../job/schema/parse-job.js'
import type { Job } from '../../job/schema/job.js'
import type { Piece } from '../../job/split/split-plan.js'
import type { PlanReference } from '../../job/split/stored-plan.js'
import type { TargetsBefore } from './own-targets.js'
import type { StoredError } from './stored-error.js'

/** What an engine needs to know of a plan that is stored elsewhere. */
export interface PlannedPieces {
  readonly reference: PlanReference
  /** Number of pieces: chunks, audio and images. */
  readonly pieces: number
  /** Length of the video, in frames and in seconds. */
  readonly frames: number
  readonly seconds: number
  /** Frames that were already encoded when the pieces were handed out. */
  readonly framesBefore: number
  /** The version of ffmpeg that the pieces need, and the first digits of its build's hash. */
  readonly ffmpeg: string
  readonly build: string
}

/** A job in an engine, as JSON. Once it is planned, the same step joins its pieces. */
export interface JobStep {
  readonly version: 1
  readonly job: Job
  readonly planned?: PlannedPieces
  /** What lay under the keys of a whole job when it first began. */
  readonly targets?: TargetsBefore
  /** How often pieces were handed out. */
  readonly rounds?: number
  /** The last error. */
  readonly error?: StoredError
}

/** A piece of a split job in an engine, as JSON: references only. */
export interface PieceStep {
  readonly version: 1
  /** The ID of its job. */
  readonly of: string
  readonly plan: PlanReference
  readonly piece: Piece
}

/**
 * Checks the data of a job in a queue, where other programs and other versions may write.
 *
 * @throws {@link QueueError} `AVIO_ERR_QUEUE_DATA_INVALID`; `JobError` `AVIO_ERR_JOB_INVALID`
 */
export function checkJobStep(value: unknown): JobStep {
  const step = value as Partial<JobStep> | null
  if (step?.version !== 1 || typeof step.job !== 'object') throw unknownData('job')
  const { planned } = step
  if (planned !== undefined && !isReference(planned.reference)) throw unknownData('job')
  return { ...(step as JobStep), job: parseJob(step.job) }
}

/** As {@link checkJobStep}, for a piece. */
export function checkPieceStep(value: unknown): PieceStep {
  const step = value as Partial<PieceStep> | null
  const isPiece = step?.piece === 'audio' || step?.piece === 'images' || Number.isSafeInteger(step?.piece)
  if (step?.version === 1 && typeof step.of === 'string' && isPiece && isReference(step.plan))
    return step as PieceStep
  throw unknownData('piece')
}

/** The data of a job in a queue, as far as it is an object: another program may have written it. */
export function looseStep(value: unknown): Partial<JobStep> {
  return typeof value === 'object' && value !== null ? value : {}
}

function isReference(value: Partial<PlanReference> | null | undefined): value is PlanReference {
  return typeof value?.bucket === 'string' && typeof value.key === 'string'
}

function unknownData(what: string): QueueError {
  return new QueueError(
    'AVIO_ERR_QUEUE_DATA_INVALID',
    `The queue has a ${what} whose data this version of the library does not know. Add jobs by addJob(), and update ` +
      'workers before the programs that add jobs.',
  )
}
