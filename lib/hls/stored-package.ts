import { onAbort } from '../io/async/abort-listeners.js'
import { abortError } from '../io/async/abort-error.js'
import { type CmafPackagerOptions, packagerSettings } from './packager-options.js'
import { type PackagingResult, packagingResult } from './packaging-result.js'
import type { ImageTrack, StoredBytes } from './presentation/presentation.js'
import { readInit } from './presentation/read-init.js'
import { videoRange } from './presentation/video-range.js'
import { Publication } from './publication.js'
import { checkGroups } from './rendition/audio-groups.js'
import { RenditionLog } from './rendition/rendition-log.js'
import { type RenditionOptions, renditionSettings } from './rendition/rendition-options.js'
import { Alignment } from './segments/alignment.js'
import type { SegmentSpan } from './segments/segmenter.js'
import { StoredObjects } from './storage/stored-objects.js'

/** A rendition whose media segments are stored. */
export interface StoredRendition {
  readonly options: RenditionOptions
  /** Its initialization segment, which is stored as `RUN/NAME/init.mp4`. */
  readonly init: Buffer
  /** See `InitSegment.shiftTicks`. */
  readonly shiftTicks: number
  /** In order. */
  readonly segments: readonly StoredSegment[]
}

/** A stored media segment, as a `RenditionWritable` cut it. */
export interface StoredSegment {
  readonly span: SegmentSpan
  readonly stored: StoredBytes
}

/**
 * Publishes a `vod` whose media are stored already, in the directories of its renditions: stores the initialization
 * segments and the playlists, then the multivariant one and the manifest. Reads no media. Codecs, bit rates and frame
 * rates are those that `CmafPackager` finds for the same segments.
 *
 * A failure leaves what is stored, and the same call again replaces it: so the name of a run is not checked.
 *
 * @param images - thumbnails whose sheets are stored already, too; absent for none
 * @throws as `CmafPackager.result` rejects
 */
export async function publishStored(
  options: CmafPackagerOptions,
  renditions: readonly StoredRendition[],
  images?: ImageTrack,
): Promise<PackagingResult> {
  const settings = packagerSettings(options)
  const { storage, cacheControl, maxObjects, align, run, signal } = settings
  signal?.throwIfAborted()
  const logs: RenditionLog[] = []
  const objects = new StoredObjects(storage, { cacheControl, maxObjects })
  const publication = new Publication(settings, logs, objects)
  const alignment = align ? new Alignment(Infinity) : undefined
  const forget = onAbort(signal, () => objects.abort(abortError(signal!)))
  try {
    for (const rendition of renditions) {
      const folder = `${run}/${rendition.options.name}`
      const log = new RenditionLog(renditionSettings(rendition.options), folder, settings)
      logs.push(log)
      await storeInit(rendition, folder, log, objects)
      checkGroups(logs)
      addSegments(rendition, log, alignment)
    }
    if (images !== undefined) publication.addImages(images)
    const media = renditions.flatMap(({ segments }) => segments.map(({ stored }) => stored.name))
    objects.countStored([...new Set(media), ...(images?.sheets ?? []).map(({ name }) => name)])
    const playlistsOfMedia = await publication.publishMedia()
    // A sent request is not taken back: from here on only its outcome counts.
    forget()
    signal?.throwIfAborted()
    const playlists = [...playlistsOfMedia, ...(await publication.publishRoots())]
    return packagingResult({ publication, run, playlists, leftBehind: await publication.leftBehind() })
  } finally {
    forget()
    await objects.settled()
  }
}

async function storeInit(
  { init: bytes, shiftTicks }: StoredRendition,
  folder: string,
  log: RenditionLog,
  objects: StoredObjects,
): Promise<void> {
  const init = readInit(bytes, log.name)
  const isVideo = init.track.kind === 'video'
  const name = `${folder}/init.mp4`
  await objects.put(name, [bytes], { cache: 'segments', media: isVideo ? 'video' : 'audio' })
  const stored = { name, offset: 0, byteLength: bytes.length, isRange: false }
  log.addInit({ ...stored, ...init, shiftTicks }, isVideo ? videoRange(bytes) : undefined)
}

function addSegments(
  { segments, shiftTicks }: StoredRendition,
  log: RenditionLog,
  alignment: Alignment | undefined,
): void {
  const { timescale } = log.init!.track
  const aligned = log.kind === 'video' ? alignment : undefined
  for (const { span, stored } of segments) {
    aligned?.add(log.name, log.count + 1, (span.startTicks + shiftTicks) / timescale)
    log.add(span, stored)
  }
  aligned?.end(log.name, log.count)
  log.end()
}
