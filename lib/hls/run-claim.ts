import { OptionError, type S3Error, isError } from '../errors.js'
import { formatS3Uri } from '../s3/request/s3-location.js'

/**
 * The claim to the name of a run: an object that is stored first, and only if there is none, so that of two runs with
 * one name, at the same time, one stops before it stores anything. It is removed with the end of the run.
 *
 * Names of renditions and of images do not begin with a dot.
 *
 * @param run - the name that the user has given
 */
export function claimName(run: string): string {
  return `${run}/.claim`
}

/** The error for a run whose objects players may use. */
export function publishedRun(run: string): OptionError {
  const message = `The run "${run}" is already published, and its objects would be overwritten: choose another name`
  return new OptionError('run', message, run)
}

/**
 * The error for a run that something else has claimed.
 *
 * @param cause - the refusal of the storage, which may name the object
 */
export function claimedRun(run: string, cause: unknown): OptionError {
  const message =
    `Another run named "${run}" stores its objects at the moment, or ended without removing them: choose another ` +
    `name. If nothing runs any more, remove ${claimOf(run, cause)}`
  return new OptionError('run', message, run, { cause })
}

/** The object of a claim: its address, if a store has told it. */
function claimOf(run: string, cause: unknown): string {
  for (let at = cause; isError(at); at = at.cause) {
    const { bucket, key } = at as Partial<S3Error>
    if (bucket !== undefined && key !== undefined) return formatS3Uri({ bucket, key })
  }
  return `the object "${claimName(run)}" below the same prefix`
}
