import { limitError } from '../ffmpeg/limits/limit-errors.js'
import { checkJob } from './check-job.js'
import { JobRun } from './job-run.js'
import type { CommitTerms } from './outputs/commit-target.js'
import type { RunJobOptions } from './run-job-options.js'
import { runSplitJob } from './run-split-job.js'
import type { JobResult } from './schema/job-result.js'
import type { Job } from './schema/job.js'

/**
 * Runs a job in this process: all of its outputs are stored, or none.
 *
 * - *Checked first.* An invalid job, a location outside `allow`, and everything `trust: 'strangers'` refuses are errors
 *   before the first request, with the path of the value. Before anything is read, the targets are looked at: their
 *   conditions, and where nothing is there, whether their buckets exist.
 * - *Composed of the public stages*: sources of one pinned version each, `probe`, `thumbnails`, `storyboard`, and one
 *   `transcode` for all objects and packages, so that each input is decoded once. Fragmented MP4 passes an
 *   `Fmp4Validator`.
 * - *All or nothing.* Images and reports stay in memory until all other outputs are ready to commit. The last
 *   requests are sent one after the other; if one of them is refused, `CommitError` `AVIO_ERR_COMMIT_PARTIAL`
 *   says what is visible.
 * - *Nothing newer is replaced.* Packages, images and reports in S3 replace only what was there when the run began: of
 *   two runs at the same time one fails with `S3Error` `AVIO_ERR_PRECONDITION_FAILED`, and leaves nothing. Objects have
 *   `ifMatch` and `ifNoneMatch` for that.
 * - *In pieces*, if the job has `split` and can be split: the pieces that are missing are encoded, `concurrency` at a
 *   time, and joined. After a failure they stay, and the same job run again goes on where this one stopped. What can't
 *   be split runs whole, and `onUnsplit` says why.
 * - Memory: that of `transcode`, and the images; of each piece for a split job.
 *
 * @example
 * ```ts
 * const { outputs } = await runJob(
 *   {
 *     version: 1,
 *     inputs: [{ url: 's3://masters/talk.mov' }],
 *     outputs: [
 *       {
 *         type: 'object',
 *         url: 's3://web/talk.mp4',
 *         format: 'mp4',
 *         layout: 'file',
 *         video: { codec: 'h264' },
 *         audio: 'copy',
 *       },
 *       { type: 'thumbnails', prefix: 's3://web/talk/', count: 8, width: 320 },
 *     ],
 *   },
 *   { client, onProgress: ({ phase, percent }) => console.log(phase, percent) },
 * )
 * ```
 * @throws `OptionError` for an invalid option; `JobError` `AVIO_ERR_JOB_INVALID`, `AVIO_ERR_JOB_REFUSED`; `FfmpegError`
 * `AVIO_ERR_ARGUMENT_REFUSED`, `AVIO_ERR_MUXER_NOT_STREAMABLE`; `S3Error` `AVIO_ERR_NO_SUCH_BUCKET`; the errors of the
 * stages; an `AbortError`
 */
export async function runJob(job: Job, options: RunJobOptions = {}): Promise<JobResult> {
  return await runJobOn(job, options)
}

/** {@link runJob}, for a queue that knows more of the job. */
export async function runJobOn(job: Job, options: RunJobOptions, terms?: CommitTerms): Promise<JobResult> {
  const { job: parsed, places, settings } = await checkJob(job, options)
  const over = new AbortController()
  const { timeout } = parsed.limits ?? {}
  const timer = timeout === undefined ? undefined : setTimeout(() => over.abort(tooSlow(timeout)), timeout)
  const signal = settings.signal ? AbortSignal.any([settings.signal, over.signal]) : over.signal
  try {
    const split = parsed.split && (await runSplitJob(parsed, { ...settings, signal }))
    return split ?? (await new JobRun(parsed, places, { ...settings, signal, terms }).run())
  } catch (error) {
    throw over.signal.aborted && (error as Error).name === 'AbortError' ? over.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

function tooSlow(timeout: number): Error {
  const what = `The job took longer than ${timeout} ms (limits.timeout).`
  return limitError('AVIO_ERR_LIMIT_TIMEOUT', what, 'split it into smaller ones.')
}
