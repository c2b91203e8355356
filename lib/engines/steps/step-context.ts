import type { S3Client } from '@aws-sdk/client-s3'
import { limitError } from '../../ffmpeg/limits/limit-errors.js'
import type { JobAllow } from '../../job/allow/job-policy.js'
import type { JobProgress } from '../../job/run-job-options.js'

/** The progress of a step. */
export interface StepProgress extends JobProgress {
  /** Of a chunk: frames so far. */
  readonly frames?: number
}

/** Everything about a step that depends on the machine, not on the job. */
export interface StepContext {
  readonly client: S3Client | undefined
  readonly allow: JobAllow | undefined
  readonly trust: 'owner' | 'strangers' | undefined
  readonly ffmpegPath: string | undefined
  readonly ffprobePath: string | undefined
  readonly env: Record<string, string> | undefined
  readonly signal: AbortSignal
  /** Called about twice a second. */
  readonly onProgress?: ((progress: StepProgress) => void) | undefined
}

/**
 * Runs a step under the time limit of its job: in an engine, each step has all of it.
 *
 * @param timeout - `limits.timeout`, in milliseconds
 */
export async function withinTimeout<T>(
  context: StepContext,
  timeout: number | undefined,
  run: (context: StepContext) => Promise<T>,
): Promise<T> {
  if (timeout === undefined) return await run(context)
  const over = new AbortController()
  const what = `A step of the job took longer than ${timeout} ms (limits.timeout).`
  const error = limitError('AVIO_ERR_LIMIT_TIMEOUT', what, 'split it into smaller ones.')
  const timer = setTimeout(() => over.abort(error), timeout)
  try {
    return await run({ ...context, signal: AbortSignal.any([context.signal, over.signal]) })
  } catch (cause) {
    throw over.signal.aborted && !context.signal.aborted ? error : cause
  } finally {
    clearTimeout(timer)
  }
}
