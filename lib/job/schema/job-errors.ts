import { JobError } from '../../errors.js'

/**
 * The error for an invalid value.
 *
 * @param path - its path in the job: `outputs[0].url`
 * @param what - the fault, to follow the path: `is the same as …`
 */
export function invalidJob(path: string, what: string): JobError {
  return new JobError('AVIO_ERR_JOB_INVALID', `The job is invalid: ${path} ${what}.`, { path })
}

/**
 * The error for a value that is not allowed where the job runs.
 *
 * @param path - its path in the job: `outputs[0].url`
 * @param what - the reason and the remedy, to follow the path
 */
export function refusedJob(path: string, what: string): JobError {
  return new JobError('AVIO_ERR_JOB_REFUSED', `The job is refused: ${path} ${what}.`, { path })
}
