import { readPlan } from '../../job/split/stored-plan.js'
import type { SplitContext } from '../../job/split/plan-split.js'
import { type SplitPlan, type UnsplitPlan, checkPlan } from '../../job/split/split-plan.js'
import { parseS3Uri } from '../../s3/request/s3-location.js'
import { usageError } from '../arguments/usage-error.js'

/** Whether a word names a stored plan rather than a file. */
export function isStoredPlan(word: string): boolean {
  return /^s3:/i.test(word)
}

/**
 * Reads a stored plan.
 *
 * @param url - as `plan --store` prints it
 * @throws {@link OptionError} for a URL that names no object; the errors of `readPlan`
 */
export async function storedPlan(url: string, context: SplitContext): Promise<SplitPlan> {
  const location = parseS3Uri(url)
  if (location === undefined)
    throw usageError(
      url,
      `"${url}" is not the URL of a plan: use the URL that "avio-streams plan job.json --store" printed.`,
    )
  return await readPlan(location, context)
}

/**
 * A plan as it was printed, checked; `undefined` for any other value.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_INVALID`
 */
export function knownPlan(value: unknown): SplitPlan | UnsplitPlan | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('unsplit' in value) return value as UnsplitPlan
  return 'hash' in value ? checkPlan(value as SplitPlan) : undefined
}
