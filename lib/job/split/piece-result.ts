import { PlanError, S3Error } from '../../errors.js'
import type { ImageTrack, StoredSheet } from '../../hls/presentation/presentation.js'
import type { SegmentSpan } from '../../hls/segments/segmenter.js'
import type { Fingerprint } from './fingerprint.js'
import { type SplitPlan, workPrefix } from './split-plan.js'

/** One track of a piece. */
export interface PieceTrack {
  /** Ticks per second. */
  readonly timescale: number
  /** Decode time of the first sample, in ticks. */
  readonly startTicks: number
  /** From there to the end of the last sample, in ticks. */
  readonly durationTicks: number
  /** Number of samples; for video, its frames. */
  readonly samples: number
}

/** Stored media. */
export interface PieceMedia {
  /** The bucket. */
  readonly bucket: string
  /** Where each segment of a package is an object, what their keys begin with: `00001.m4s` … follows. */
  readonly key: string
  /** Absent where each segment is an object. */
  readonly etag?: string
  /** Size of the media, in bytes. */
  readonly bytes: number
}

/** One rendition of a piece. */
export interface PieceRendition {
  /** As in the plan. */
  readonly name: string
  /** The media of the first attempt that finished. */
  readonly media: PieceMedia
  /** Length and SHA-256 of the initialization segment, which must be the same for all chunks. */
  readonly init: { readonly bytes: number; readonly sha256: string }
  /** The end of the last fragment in the media. */
  readonly end: number
  /** The tracks: one for a chunk and in a package, any number for the audio of an object. */
  readonly tracks: readonly PieceTrack[]
  /** In a package, whose media have no initialization segment: everything that its playlists need. */
  readonly segments?: PieceSegments
}

/** The segments of a rendition in a piece. */
export interface PieceSegments {
  /** The initialization segment, in base64. */
  readonly init: string
  /** See `InitSegment.shiftTicks`. */
  readonly shiftTicks: number
  /** In order. */
  readonly spans: readonly SegmentSpan[]
}

/** The result of a step, as small JSON: references to its media, and the facts the join needs. */
export interface PieceResult {
  /** The version of this format. */
  readonly version: 1
  /** The hash of the plan. */
  readonly plan: string
  /** `chunk-00003`, `audio`, `images`. */
  readonly piece: string
  /**
   * One for an object; in a package those of the video for a chunk, or those of the audio, in the plan's order. None
   * for `images`.
   */
  readonly renditions: readonly PieceRendition[]
  /** Of `images`: the stored sheets, with names below the prefix of the package. */
  readonly images?: ImageTrack
  /** The build of ffmpeg, and the encoder, that made the piece. */
  readonly fingerprint: Fingerprint
}

/** The location of the result of a piece. */
export function resultLocation(
  plan: SplitPlan,
  piece: string,
): { readonly bucket: string; readonly key: string } {
  return { bucket: plan.work.bucket, key: `${workPrefix(plan)}${piece}.json` }
}

/**
 * Checks a result from the store or from a queue.
 *
 * @throws {@link S3Error} `AVIO_ERR_BAD_RESPONSE`, `PlanError` `AVIO_ERR_PLAN_INVALID`
 */
export function checkResult(value: unknown, plan: SplitPlan, piece: string): PieceResult {
  const result = value as Partial<PieceResult> | null
  if (result?.version === 1 && result.plan === plan.hash && result.piece === piece && isWhole(result, plan))
    return result
  const { bucket, key } = resultLocation(plan, piece)
  const message = `The result of ${piece} (s3://${bucket}/${key}) does not belong to this plan.`
  if (result?.plan === undefined) throw new S3Error('AVIO_ERR_BAD_RESPONSE', message, { bucket, key })
  throw new PlanError('AVIO_ERR_PLAN_INVALID', message, { plan: plan.hash, piece })
}

function isWhole(result: Partial<PieceResult>, plan: SplitPlan): result is PieceResult {
  const { piece, renditions, fingerprint, images } = result
  const wanted = renditionsOf(piece!, plan)
  return (
    Array.isArray(renditions) &&
    renditions.length === wanted.length &&
    typeof fingerprint?.build === 'string' &&
    typeof fingerprint.encoder === 'string' &&
    (piece !== 'images' || areImages(images, plan)) &&
    wanted.every(({ name }, n) => isRendition(renditions[n] as PieceRendition | null, name, plan))
  )
}

function renditionsOf(piece: string, { audio = [], video }: SplitPlan): readonly { readonly name: string }[] {
  if (piece === 'images') return []
  return piece === 'audio' ? audio : video.renditions
}

/** Whether sheets were stored where the plan has them. */
function areImages(images: Partial<ImageTrack> | undefined, { output }: SplitPlan): boolean {
  const { name, playlist, codec, width, height, bandwidth, sheets } = images ?? {}
  if (output.type === 'object' || name !== output.images?.name || !Array.isArray(sheets)) return false
  const folder = `${output.run}/${name}/`
  return (
    playlist === `${folder}index.m3u8` &&
    typeof codec === 'string' &&
    [width, height, bandwidth].every(Number.isFinite) &&
    sheets.length > 0 &&
    (sheets as readonly Partial<StoredSheet>[]).every(
      sheet =>
        sheet.name?.startsWith(folder) === true &&
        [sheet.byteLength, sheet.duration, sheet.tiles, sheet.columns, sheet.rows].every(Number.isFinite),
    )
  )
}

function isRendition(
  rendition: Partial<PieceRendition> | null,
  name: string,
  { output }: SplitPlan,
): boolean {
  const { media, init, end, tracks, segments } = rendition ?? {}
  if (!Array.isArray(tracks) || tracks.length === 0) return false
  const ticks = (tracks as readonly Partial<PieceTrack>[]).flatMap(track => [
    ...[track.timescale, track.startTicks, track.durationTicks, track.samples],
  ])
  const isObject = output.type === 'object'
  const etag = !isObject && output.layout === 'segments' ? '' : media?.etag
  const texts = [media?.bucket, media?.key, init?.sha256, etag]
  return (
    rendition?.name === name &&
    [media?.bytes, init?.bytes, end, ...ticks].every(Number.isSafeInteger) &&
    texts.every(text => typeof text === 'string') &&
    (isObject || areSegments(segments))
  )
}

const SPAN = [
  ...(['startTicks', 'durationTicks', 'byteLength', 'sampleCount', 'sampleTicks', 'jumpTicks'] as const),
]

function areSegments(segments: Partial<PieceSegments> | undefined): boolean {
  const { init, shiftTicks, spans } = segments ?? {}
  if (typeof init !== 'string' || !Number.isSafeInteger(shiftTicks) || !Array.isArray(spans)) return false
  return (spans as readonly SegmentSpan[]).every(span => SPAN.every(name => Number.isSafeInteger(span[name])))
}
