import { PlanError } from '../../errors.js'
import type { ImageTrack } from '../../hls/presentation/presentation.js'
import { type StoredRendition, type StoredSegment, publishStored } from '../../hls/stored-package.js'
import type { CheckedResults } from './check-results.js'
import { claimRun } from './claim-run.js'
import { commitStorage } from './commit-storage.js'
import type { JoinContext } from './join-object.js'
import type { PieceRendition, PieceResult } from './piece-result.js'
import type { PlannedPackage, SplitPlan } from './split-plan.js'
import { type SplitResult, resultUnderKey } from './target-state.js'
import type { WorkStore } from './work-store.js'

/** Publishes the segments of the pieces: stores initialization segments and playlists, and reads no media. */
export async function joinPackage(
  plan: SplitPlan,
  output: PlannedPackage,
  { chunks, audio, images: imagesResult }: CheckedResults,
  store: WorkStore,
  { signal }: JoinContext,
): Promise<SplitResult> {
  const parts = partsByName([...chunks, ...(audio === undefined ? [] : [audio])])
  const images = imagesResult?.images
  await checkMedia(plan, output, parts, store)
  if (images !== undefined) await checkSheets(plan, output, images, store)
  await claimRun(plan, output, store)
  const { storage, set } = commitStorage(plan, output, store)
  const { targetDuration, layout, playlist, mpd, run, removeReplaced } = output
  const { segments, bytes, duration, playlists, leftBehind } = await publishStored(
    {
      ...{ storage, targetDuration, layout, playlist, mpd, run, removeReplaced, signal },
      limits: { maxObjects: plan.limits?.maxObjects },
    },
    output.renditions.map(options => storedRendition(options, parts.get(options.name)!, output)),
    images,
  )
  // What the commit has told is not asked for again: a request that fails now would make the job fail.
  const { etag, versionId } = set.decided ?? (await resultUnderKey(plan, store))!
  return {
    ...{ bucket: output.bucket, key: output.prefix + output.playlist, etag, versionId, bytes },
    package: { run, playlists, segments, duration, leftBehind },
  }
}

type Parts = ReadonlyMap<string, readonly PieceRendition[]>

/** The parts of each rendition, in order. */
function partsByName(results: readonly PieceResult[]): Parts {
  const parts = new Map<string, PieceRendition[]>()
  for (const part of results.flatMap(({ renditions }) => renditions))
    parts.set(part.name, [...(parts.get(part.name) ?? []), part])
  return parts
}

function storedRendition(
  options: StoredRendition['options'],
  parts: readonly PieceRendition[],
  output: PlannedPackage,
): StoredRendition {
  const { init, shiftTicks } = parts[0]!.segments!
  const segments = parts.flatMap(part => storedSegments(part, output))
  return { options, init: Buffer.from(init, 'base64'), shiftTicks, segments }
}

function storedSegments({ media, segments }: PieceRendition, output: PlannedPackage): StoredSegment[] {
  const name = media.key.slice(output.prefix.length)
  const isRange = output.layout === 'byterange'
  let at = 0
  return segments!.spans.map((span, n) => {
    const { byteLength } = span
    const offset = isRange ? at : 0
    at += byteLength
    return {
      span,
      stored: { name: isRange ? name : `${name}${segmentFile(n)}`, offset, byteLength, isRange },
    }
  })
}

/** As `RenditionOutput` numbers them. */
function segmentFile(n: number): string {
  return `${String(n + 1).padStart(5, '0')}.m4s`
}

/**
 * Checks that the media are still there: a playlist that names missing objects would break every player.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_GAP`
 */
async function checkMedia(
  plan: SplitPlan,
  output: PlannedPackage,
  parts: Parts,
  store: WorkStore,
): Promise<void> {
  for (const [name, rendition] of parts) {
    const stored = await store.listSizes(output.bucket, `${output.prefix}${output.run}/${name}/`)
    for (const part of rendition) {
      const needed = neededObjects(part, output)
      const [missing] = [...needed].find(([key, size]) => stored.get(key) !== size) ?? []
      if (missing !== undefined) throw gone(plan, output, missing, name)
    }
  }
}

/** As {@link checkMedia}, for the sheets of thumbnails. */
async function checkSheets(
  plan: SplitPlan,
  output: PlannedPackage,
  { name, sheets }: ImageTrack,
  store: WorkStore,
): Promise<void> {
  const { bucket, prefix, run } = output
  const stored = await store.listSizes(bucket, `${prefix}${run}/${name}/`)
  const missing = sheets.find(sheet => stored.get(prefix + sheet.name) !== sheet.byteLength)
  if (missing !== undefined) throw gone(plan, output, prefix + missing.name, name)
}

function gone({ hash }: SplitPlan, { bucket }: PlannedPackage, key: string, name: string): PlanError {
  return new PlanError(
    'AVIO_ERR_PLAN_GAP',
    `s3://${bucket}/${key}, a part of "${name}", is gone or has another size: something else has removed or replaced ` +
      'it. Remove the work of this plan (removeWork), and run the steps again.',
    { plan: hash },
  )
}

/** The sizes of the objects of a part, by key. */
function neededObjects(part: PieceRendition, output: PlannedPackage): Map<string, number> {
  if (output.layout === 'byterange') return new Map([[part.media.key, part.media.bytes]])
  return new Map(
    part.segments!.spans.map(({ byteLength }, n) => [part.media.key + segmentFile(n), byteLength]),
  )
}
