import { AvioError } from '../../errors.js'
import {
  booleanOption,
  integerOption,
  knownOptions,
  optionError,
  optionsObject,
  signalOption,
  stringOption,
} from '../../options.js'
import { listObjects } from '../../s3/list-objects.js'
import { type S3ClientOption, clientOption } from '../../s3/request/s3-client.js'
import { type FindWorkOptions, findWork } from './find-work.js'
import { removePieces } from './remove-pieces.js'
import { removeWork } from './remove-work.js'
import { type SplitPlan, workPrefix } from './split-plan.js'
import { isPlanKey, readPlan } from './stored-plan.js'

/** Options of {@link removeStaleWork}. */
export interface RemoveStaleWorkOptions extends S3ClientOption {
  /** The bucket of the pieces. */
  bucket: string
  /** The work prefix of jobs, which ends with `/`; empty for the whole bucket. */
  prefix: string
  /**
   * Minimum age of the newest object and the newest upload of a plan, by the store's clock, in milliseconds: 0 or more.
   * Choose more than the longest piece takes: nothing of it is stored until it is almost finished.
   */
  olderThan: number
  /**
   * Only lists what it would remove.
   * @defaultValue `true`
   */
  dryRun?: boolean | undefined
  /** Stops the run with an `AbortError`; work already removed stays removed. */
  signal?: AbortSignal | undefined
}

/** The work of one plan: its pieces, their results, and the stored plan. */
export interface StaleWork {
  /** The bucket. */
  readonly bucket: string
  /** Everything below it belongs to the plan: `<work prefix><hash>/`. */
  readonly prefix: string
  /** When the newest object was stored, or the newest upload created, by the store's clock. */
  readonly newest: Date
  /** Number of objects. */
  readonly objects: number
  /** Size of all objects, in bytes. */
  readonly bytes: number
  /** Number of uploads that were neither completed nor aborted. */
  readonly uploads: number
  /** Whether it was removed: `false` in a dry run, if it was used since it was listed, and if there is an `error`. */
  readonly removed: boolean
  /** Why it could not be removed. */
  readonly error?: AvioError
}

const NAMES = ['client', 'bucket', 'prefix', 'olderThan', 'dryRun', 'signal']

/**
 * Removes the work of abandoned plans: of jobs that failed and were not run again, or whose processes were killed. Work
 * counts as abandoned if nothing was stored in it for a while; a job that is run again later encodes all of its pieces.
 *
 * By default it changes nothing: it lists what it would remove. Below the prefix it sees only names that begin with the
 * hash of a plan (64 hexadecimal digits) and `/`. Before it removes the work of a plan, it looks at its age again, and
 * it continues after one that it can't remove. Memory grows with the number of plans, not with that of their pieces. A
 * lifecycle rule of the bucket does the same automatically.
 *
 * @returns the work that is older than `olderThan`, by key
 * @throws `OptionError` for an option that breaks its rule; `S3Error` if it can't list the objects or the uploads
 * (it needs `s3:ListBucket` and `s3:ListBucketMultipartUploads`); an `AbortError`
 *
 * @example
 * ```ts
 * const olderThan = 7 * 24 * 60 * 60 * 1000
 * const stale = await removeStaleWork({ bucket: 'scratch', prefix: 'pieces/', olderThan })
 * console.log(stale.map(({ prefix, bytes }) => `${prefix} ${bytes} bytes`))
 * await removeStaleWork({ bucket: 'scratch', prefix: 'pieces/', olderThan, dryRun: false })
 * ```
 */
export async function removeStaleWork(options: RemoveStaleWorkOptions): Promise<StaleWork[]> {
  const { dryRun, ...task } = readOptions(options)
  const stale = (await findWork(task)).filter(({ isUsed }) => !isUsed)
  const results: StaleWork[] = []
  for (const work of stale) {
    const { prefix, newest, objects, bytes, uploads } = work
    const outcome = dryRun ? { removed: false } : await remove(prefix, task)
    results.push({ bucket: task.bucket, prefix, newest, objects, bytes, uploads, ...outcome })
  }
  return results
}

function readOptions(options: RemoveStaleWorkOptions): FindWorkOptions & { readonly dryRun: boolean } {
  const given = optionsObject(options, 'removeStaleWork')
  knownOptions(given, 'removeStaleWork', NAMES)
  const bucket = stringOption(given, 'bucket', { default: undefined })
  if (bucket === undefined) throw optionError('bucket', 'given', bucket)
  const { prefix, olderThan } = given as Partial<RemoveStaleWorkOptions>
  if (typeof prefix !== 'string' || (prefix !== '' && !prefix.endsWith('/')))
    throw optionError('prefix', 'a prefix that ends with "/", or empty', prefix)
  if (olderThan === undefined) throw optionError('olderThan', 'given, in milliseconds', olderThan)
  const age = { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0, unit: 'milliseconds' }
  return {
    ...{ client: clientOption(given), bucket, prefix, signal: signalOption(given) },
    olderThan: integerOption(given, 'olderThan', age),
    dryRun: booleanOption(given, 'dryRun', { default: true }),
  }
}

async function remove(only: string, task: FindWorkOptions): Promise<Pick<StaleWork, 'removed' | 'error'>> {
  const { client, bucket, signal } = task
  try {
    // Somebody may have run the job again.
    const [now] = await findWork({ ...task, only })
    if (now?.isUsed === true) return { removed: false }
    const plan = await planBelow(only, task)
    if (plan === undefined) await removePieces(bucket, only, { client, signal })
    else await removeWork(plan, { client, signal })
    return { removed: true }
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof AvioError)) throw error
    return { removed: false, error }
  }
}

/** The stored plan of the work, which tells what else belongs to it; `undefined` if none is stored. */
async function planBelow(
  prefix: string,
  { client, bucket, signal }: FindWorkOptions,
): Promise<SplitPlan | undefined> {
  for await (const { key } of listObjects({ client, bucket, prefix, signal })) {
    if (!isPlanKey(key)) continue
    const plan = await readPlan({ bucket, key }, { client, signal }).catch(() => undefined)
    signal?.throwIfAborted()
    if (plan?.work.bucket === bucket && workPrefix(plan) === prefix) return plan
  }
  return undefined
}
