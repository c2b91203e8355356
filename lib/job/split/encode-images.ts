import { OptionError } from '../../errors.js'
import { abortError } from '../../io/async/abort-error.js'
import { onAbort } from '../../io/async/abort-listeners.js'
import { storeImages } from '../../hls/image-store.js'
import { packagerSettings } from '../../hls/packager-options.js'
import type { ImageTrack } from '../../hls/presentation/presentation.js'
import { makeRunId } from '../../hls/run-id.js'
import { StoredObjects } from '../../hls/storage/stored-objects.js'
import { S3Source } from '../../s3/s3-source.js'
import { storyboard } from '../../tasks/storyboard/storyboard.js'
import { type PieceAttempt, type PieceContext, makePiece } from './make-piece.js'
import { timesOf } from './package-settings.js'
import { packageStorage } from './package-storage.js'
import type { PieceResult } from './piece-result.js'
import { pinOf } from './plan-split.js'
import { mostObjects, pieceLimits } from './split-limits.js'
import {
  type PlannedImages,
  type PlannedPackage,
  type SplitPlan,
  type UnsplitPlan,
  checkPlan,
} from './split-plan.js'

/**
 * Takes the thumbnails of a package and stores their sheets where the package has them. As safe as `encodeChunk`: the
 * names of the sheets carry the attempt.
 *
 * One piece: it reads the frames that it shows, not the whole source, and runs beside the chunks.
 *
 * @throws `OptionError` for a plan without images; as `encodeChunk` does; the errors of `storyboard`
 */
export async function encodeImages(
  plan: SplitPlan | UnsplitPlan,
  context: PieceContext = {},
): Promise<PieceResult> {
  const checked = checkPlan(plan)
  const { output } = checked
  if (output.type !== 'package' || output.images === undefined)
    throw new OptionError('plan', 'The plan has no images', undefined)
  const { images } = output
  return await makePiece(checked, 'images', context, async attempt => ({
    renditions: [],
    images: await storeSheets(output, images, attempt),
  }))
}

async function storeSheets(
  output: PlannedPackage,
  images: PlannedImages,
  attempt: PieceAttempt,
): Promise<ImageTrack> {
  const { plan, store, context } = attempt
  const { name, exact, format, columns, rows, width, height } = images
  const { ffmpegPath, ffprobePath, env, signal, onProgress } = context
  const storage = packageStorage(output, store.client)
  const { cacheControl } = packagerSettings({ storage })
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: mostObjects(plan.limits) })
  const sheets = storyboard({
    ...timesOf(images),
    ...{ exact, format, columns, rows, width, height },
    source: new S3Source({ client: store.client, ...pinOf(plan.source) }),
    ...{ ffmpegPath, ffprobePath, env, signal, limits: pieceLimits(plan.limits) },
  })
  async function* told() {
    for await (const sheet of sheets) {
      signal?.throwIfAborted()
      yield sheet
      onProgress?.({ piece: attempt.name, frames: 0 })
    }
  }
  const forget = onAbort(signal, () => objects.abort(abortError(signal!)))
  try {
    // A plan has at least one time.
    return (await storeImages(name, `${output.run}/${name}`, told(), objects, `images-${makeRunId()}-`))!
  } catch (error) {
    objects.abort(error as Error)
    await objects.removeAll().catch((cleanupError: unknown) => {
      Reflect.defineProperty(error as Error, 'cleanupError', { value: cleanupError, enumerable: true })
    })
    throw error
  } finally {
    forget()
  }
}
