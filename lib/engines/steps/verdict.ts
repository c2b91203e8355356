import { AvioError, QueueError } from '../../errors.js'

/**
 * What the failure of a step means for its engine:
 *
 * - `again`: an attempt failed, and another one may succeed;
 * - `never`: the job fails at once;
 * - `elsewhere`: this machine can't run the step, another one can. No attempt is counted;
 * - `back`: this worker shuts down. The step goes back to the queue, and no attempt is counted;
 * - `lost`: another worker has the step. Whatever this one says no longer counts;
 * - `cancelled`: the job was cancelled.
 */
export type Verdict = 'again' | 'never' | 'elsewhere' | 'back' | 'lost' | 'cancelled'

/** Reasons to stop a step from outside. */
const STOPPED: Readonly<Record<string, Verdict>> = {
  AVIO_ERR_QUEUE_CANCELLED: 'cancelled',
  AVIO_ERR_QUEUE_CLOSING: 'back',
  AVIO_ERR_QUEUE_LOCK_LOST: 'lost',
}

/** What another machine may have. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'AVIO_ERR_PLAN_OTHER_FFMPEG',
  'AVIO_ERR_FFMPEG_NOT_FOUND',
  'AVIO_ERR_FFMPEG_TOO_OLD',
])

/**
 * @param error - what the step threw
 * @param signal - the step's own signal: whoever stopped it says why in its reason
 */
export function verdictOf(error: unknown, signal: AbortSignal): Verdict {
  const stopped = signal.aborted && signal.reason instanceof QueueError ? signal.reason.code : undefined
  if (stopped !== undefined && STOPPED[stopped] !== undefined) return STOPPED[stopped]
  if (!(error instanceof AvioError)) return 'again'
  if (ELSEWHERE.has(error.code)) return 'elsewhere'
  return error.retryable ? 'again' : 'never'
}
