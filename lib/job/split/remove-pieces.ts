import { abortUploads } from './abort-uploads.js'
import { isPlanKey } from './stored-plan.js'
import { WorkStore, type WorkStoreSettings } from './work-store.js'

/**
 * Removes everything below the work prefix of one plan. If the uploads can't be aborted, the pieces are removed all the
 * same, and the stored plan stays.
 *
 * @param removeMedia - removes what lies elsewhere, and returns the number of its objects; called before the stored
 *   plan goes
 * @returns the number of objects removed
 */
export async function removePieces(
  bucket: string,
  prefix: string,
  context: WorkStoreSettings,
  removeMedia: () => Promise<number> = () => Promise.resolve(0),
): Promise<number> {
  const store = new WorkStore(context)
  const failure = await abortUploads({ client: store.client, bucket, prefix, signal: context.signal })
  const keys = await store.list(bucket, prefix)
  // A result must not outlive its media, and a stored plan outlives both: with it, an interrupted removal is repeated.
  const remove = (isOne: (key: string) => boolean) => store.remove(bucket, keys.filter(isOne))
  await remove(key => key.endsWith('.json') && !isPlanKey(key))
  await remove(key => !key.endsWith('.json'))
  const media = await removeMedia()
  if (failure !== undefined) throw failure
  await remove(isPlanKey)
  return keys.length + media
}
