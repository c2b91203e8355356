import { publishedObjects } from '../../hls/older-presentation.js'
import { packageStorage } from './package-storage.js'
import { type PlannedPackage, type SplitPlan, mediaPlaylists } from './split-plan.js'
import { targetState } from './target-state.js'
import type { WorkStore } from './work-store.js'

/** The names that attempts give to their objects, and nothing else does. */
const OF_ATTEMPT =
  /^(?:chunk-\d{5,}|audio|images)-\d{8}T\d{6}Z-[0-9a-f]{8}(?:\.mp4|-\d{5,}\.(?:m4s|jpg|png|webp))$/
/** The names of the other objects that the join stores for a rendition. */
const OF_JOIN = /^(?:init\.mp4|index\.m3u8)$/

/**
 * The keys of a plan's objects in its package that no player needs: all of them before the plan has published anything;
 * after that, those of attempts that no playlist names.
 */
export async function unusedMedia(
  plan: SplitPlan,
  output: PlannedPackage,
  store: WorkStore,
): Promise<string[]> {
  const { bucket } = output
  const { is } = await targetState(plan, store)
  const isUnpublished = is === 'unchanged'
  const playlists = mediaPlaylists(output)
  // If the target has changed, the package may have been published before: players may be in the middle of it.
  const needed = isUnpublished ? [] : await publishedObjects(packageStorage(output, store.client), playlists)
  const isNeeded = new Set(needed?.map(name => output.prefix + name))
  const unused: string[] = []
  for (const playlist of playlists) {
    const folder = output.prefix + playlist.slice(0, playlist.lastIndexOf('/') + 1)
    for (const key of await store.list(bucket, folder)) {
      const file = key.slice(folder.length)
      const isOurs = OF_ATTEMPT.test(file) || (isUnpublished && OF_JOIN.test(file))
      if (isOurs && !isNeeded.has(key)) unused.push(key)
    }
  }
  return unused
}
