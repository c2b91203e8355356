import { abortStaleUploads } from '../../s3/abort-stale-uploads.js'
import type { SplitContext } from './plan-split.js'
import { isPlanKey } from './stored-plan.js'
import { WorkStore } from './work-store.js'

/**
 * Removes everything below the work prefix of one plan.
 *
 * @param removeMedia - removes what lies elsewhere, and returns the number of its objects; called before the stored
 *   plan goes
 * @returns the number of objects removed
 */
export async function removePieces(
  bucket: string,
  prefix: string,
  context: Pick<SplitContext, 'client' | 'signal'>,
  removeMedia: () => Promise<number> = () => Promise.resolve(0),
): Promise<number> {
  const store = new WorkStore(context)
  const { client } = store
  await abortStaleUploads({ client, bucket, prefix, olderThan: 0, dryRun: false, signal: context.signal })
  const keys = await store.list(bucket, prefix)
  // A result must not outlive its media, and a stored plan outlives both: with it, an interrupted removal is repeated.
  const remove = (isOne: (key: string) => boolean) => store.remove(bucket, keys.filter(isOne))
  await remove(key => key.endsWith('.json') && !isPlanKey(key))
  await remove(key => !key.endsWith('.json'))
  const media = await removeMedia()
  await remove(isPlanKey)
  return keys.length + media
}
