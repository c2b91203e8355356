import { OptionError } from '../errors.js'

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

/** The error for a run that something else has claimed. */
export function claimedRun(run: string, cause: unknown): OptionError {
  const message =
    `Another run named "${run}" stores its objects at the moment, or ended without removing them: choose another ` +
    `name. If nothing runs any more, remove the object "${claimName(run)}" below the same prefix`
  return new OptionError('run', message, run, { cause })
}
