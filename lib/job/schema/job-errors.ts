import { JobError } from '../../errors.js'

/**
 * The error for a value that can't be meant so.
 *
 * @param path - its path in the job: `outputs[0].url`
 * @param what - what is wrong with it, after its path: `is the same as …`
 */
export function invalidJob(path: string, what: string): JobError {
  return new JobError('AVIO_ERR_JOB_INVALID', `The job is invalid: ${path} ${what}.`, { path })
}

/**
 * The error for a value that is not allowed where the job runs.
 *
 * @param path - its path in the job: `outputs[0].url`
 * @param what - why not, and what would allow it, after its path
 */
export function refusedJob(path: string, what: string): JobError {
  return new JobError('AVIO_ERR_JOB_REFUSED', `The job is refused: ${path} ${what}.`, { path })
}
