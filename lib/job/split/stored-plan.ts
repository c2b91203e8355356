import { S3Error } from '../../errors.js'
import { stringOption, optionError, optionsObject } from '../../options.js'
import { formatS3Uri } from '../../s3/request/s3-location.js'
import { hashOf, spelledFractions } from '../grid/canonical-json.js'
import { type PieceResult, checkResult, resultLocation } from './piece-result.js'
import type { SplitContext } from './plan-split.js'
import { type SplitPlan, type UnsplitPlan, checkPlan, pieceNames, workPrefix } from './split-plan.js'
import { WorkStore } from './work-store.js'

/** The location of a stored plan: small enough for any queue, however many chunks the plan has. */
export interface PlanReference {
  /** The bucket of the work prefix. */
  readonly bucket: string
  /** The key: `<prefix><hash>/plan-….json`. */
  readonly key: string
}

/** Whether a key below a work prefix is that of a stored plan. */
export function isPlanKey(key: string): boolean {
  return /\/plan-[0-9a-f]+\.json$/.test(key)
}

/** Results read at the same time. */
const READ_AT_ONCE = 16

/**
 * Stores a plan below its own work prefix, where {@link removeWork} removes it together with the pieces. Storing it
 * again changes nothing.
 */
export async function storePlan(
  plan: SplitPlan | UnsplitPlan,
  context: Pick<SplitContext, 'client' | 'signal'> = {},
): Promise<PlanReference> {
  const checked = checkPlan(plan)
  const store = new WorkStore(context)
  // Plans with equal hashes share pieces, but each has a target and limits of its own.
  const { output, work, notes } = checked
  const limits = JSON.stringify(checked.limits)
  const own = spelledFractions({ output, work, notes, limits })
  const name = `plan-${hashOf(own).slice(0, 16)}.json`
  const reference = { bucket: checked.work.bucket, key: `${workPrefix(checked)}${name}` }
  await store.putJsonOnce(reference, checked)
  return reference
}

/**
 * Reads a stored plan.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_INVALID`; {@link S3Error} `AVIO_ERR_NO_SUCH_KEY` after `removeWork`
 */
export async function readPlan(
  reference: PlanReference,
  context: Pick<SplitContext, 'client' | 'signal'> = {},
): Promise<SplitPlan> {
  const { bucket, key } = locationOf(reference)
  const value = await new WorkStore(context).getJson({ bucket, key })
  if (value === undefined) {
    const message =
      `There is no plan ${formatS3Uri({ bucket, key })}: its work was removed, because the object is stored ` +
      'or the job was cancelled.'
    throw new S3Error('AVIO_ERR_NO_SUCH_KEY', message, { bucket, key }, { retryable: false })
  }
  return checkPlan(value as SplitPlan)
}

function locationOf(reference: PlanReference): PlanReference {
  const options = optionsObject(reference, 'readPlan')
  const bucket = stringOption(options, 'bucket', { default: undefined })
  const key = stringOption(options, 'key', { default: undefined })
  if (bucket !== undefined && key !== undefined) return { bucket, key }
  throw optionError('reference', '{ bucket, key }', reference)
}

/**
 * Reads the results of all pieces that are finished, in the order of the plan: all that `joinChunks` needs.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_INVALID` for a result that does not belong to the plan
 */
export async function readResults(
  plan: SplitPlan | UnsplitPlan,
  context: Pick<SplitContext, 'client' | 'signal'> = {},
): Promise<PieceResult[]> {
  const checked = checkPlan(plan)
  const store = new WorkStore(context)
  const names = pieceNames(checked)
  const results: PieceResult[] = []
  for (let at = 0; at < names.length; at += READ_AT_ONCE) {
    const some = names.slice(at, at + READ_AT_ONCE)
    const values = await Promise.all(some.map(name => store.getJson(resultLocation(checked, name))))
    for (const [n, value] of values.entries())
      if (value !== undefined) results.push(checkResult(value, checked, some[n]!))
  }
  return results
}
