import { PlanError } from '../../errors.js'
import type { PresentationLayout } from '../../hls/presentation/presentation.js'
import type { RenditionOptions } from '../../hls/rendition/rendition-options.js'
import type { Unsplit } from '../encoding/unsplit.js'
import { hashOf, spelledFractions } from '../grid/canonical-json.js'
import type { GridChunk } from '../grid/chunk-grid.js'
import type { Fingerprint } from './fingerprint.js'
import type { SplitEstimate } from './split-estimate.js'
import type { PlannedLimits } from './split-limits.js'

/** The source, in the planned version. */
export interface PlannedSource {
  /** The bucket. */
  readonly bucket: string
  /** The key. */
  readonly key: string
  /** The version ID, in a bucket that keeps versions. */
  readonly versionId?: string
  /** The ETag of the planned version: another one is an error. */
  readonly etag: string
  /** In bytes. */
  readonly size: number
  /** The time of its first packet, in microseconds. All times of the pieces count from it. */
  readonly start: number
}

/** What to make from the pieces. */
export type PlannedTarget = PlannedObject | PlannedPackage

/** One MP4 with its index first. */
export interface PlannedObject {
  /** One object. */
  readonly type: 'object'
  /** The bucket. */
  readonly bucket: string
  /** The key. */
  readonly key: string
  /** The ETag of the object to replace; absent if there was none, and then there must still be none at the commit. */
  readonly replaces?: string
  /** The media type; absent for `video/mp4`. */
  readonly contentType?: string
  /** The header `Cache-Control`; absent for none. */
  readonly cacheControl?: string
  /** User metadata (`x-amz-meta-…`), beside the plan's own. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** A package: segments, HLS playlists and optionally a DASH manifest below a prefix. */
export interface PlannedPackage extends PackageMedia {
  /** A package. */
  readonly type: 'package'
  /** The name of the multivariant playlist, whose storage is the commit; the manifest follows. */
  readonly playlist: string
  /** The ETag of the playlist to replace; absent if there was none, and then there must still be none at the commit. */
  readonly replaces?: string
  /** The name of the DASH manifest; absent for none. */
  readonly mpd?: string
  /** The ETag of the manifest to replace, as `replaces`. */
  readonly replacesMpd?: string
  /** The names of the renditions, and what playlists say of them, in the order of the playlists. */
  readonly renditions: readonly RenditionOptions[]
  /** Sheets of thumbnails for the seek bars of players, which are one piece; absent for none. */
  readonly images?: PlannedImages
  /** Whether the objects of the replaced package are removed after the commit. */
  readonly removeReplaced: boolean
}

/** The sheets of thumbnails of a package, with all defaults. The times are one of `times`, `every` and `count`. */
export interface PlannedImages {
  /** Name of the images, and of their directory. */
  readonly name: string
  /** In seconds. */
  readonly times?: readonly number[]
  /** In seconds. */
  readonly every?: number
  /** The number of images, spread over the whole length. */
  readonly count?: number
  /** Whether each image is the frame at its time, rather than a key frame near it. */
  readonly exact: boolean
  /** The format of the sheets. */
  readonly format: 'jpeg' | 'png' | 'webp'
  /** Tiles in a row. */
  readonly columns: number
  /** Rows of a full sheet. */
  readonly rows: number
  /** Width of a tile, in pixels. */
  readonly width: number
  /** Height of a tile, in pixels; absent for that of the aspect ratio. */
  readonly height?: number
}

/** Where the segments of a package are stored, and how. They stay there. */
export interface PackageMedia {
  /** The bucket. */
  readonly bucket: string
  /** Ends with `/`. */
  readonly prefix: string
  /** The directory of all objects but the manifest and the multivariant playlist, below the prefix. */
  readonly run: string
  /** Length of a segment, in seconds. */
  readonly targetDuration: number
  /** An object for each segment, or one for each rendition and piece. */
  readonly layout: PresentationLayout
  /** The storage class, such as `STANDARD_IA`; absent for the bucket's default. */
  readonly storageClass?: string
  /** Server-side encryption: `AES256`, `aws:kms`, `aws:kms:dsse`; absent for the bucket's default. */
  readonly serverSideEncryption?: string
  /** The KMS key for `aws:kms`. */
  readonly kmsKeyId?: string
}

/** How the video is cut and encoded. */
export interface PlannedVideo {
  /** The value of `-map`. */
  readonly map: string
  /** Frames per second, as a fraction: `24000/1001`. */
  readonly rate: string
  /** Frames from one key frame to the next. */
  readonly gop: number
  /** See `FrameClock.shift`; in microseconds. */
  readonly shift: number
  /** How long before a chunk to start decoding, in milliseconds. */
  readonly runUp: number
  /** One for an object; all of them are encoded from one decode. */
  readonly renditions: readonly PlannedRendition[]
}

/** One encoding of the video. */
export interface PlannedRendition {
  /** Its name in a package; `video` in an object. */
  readonly name: string
  /** ffmpeg's name of the encoder: `libx264`. */
  readonly encoder: string
  /** The user's own filters; empty for none. */
  readonly filters: string
  /** Additional frames on each side of a chunk that these filters need. */
  readonly margin: number
  /** Arguments of the encoder for the first chunk. */
  readonly first: readonly string[]
  /** Arguments of the encoder for all other chunks. */
  readonly others: readonly string[]
}

/** One output of audio, which is encoded as a whole. */
export interface PlannedAudio {
  /** Its name in a package; `audio` in an object. */
  readonly name: string
  /** Its arguments. */
  readonly args: readonly string[]
}

/** Everything that determines the bytes of the pieces. */
interface Pieces {
  readonly version: 1
  readonly source: PlannedSource
  readonly video: PlannedVideo
  /** In frames of the output's clock. The last chunk always ends with the source. */
  readonly chunks: readonly GridChunk[]
  /** One for an object; in a package one for each rendition of audio. Absent for an output without audio. */
  readonly audio?: readonly PlannedAudio[]
  /** Arguments of the joined file; empty for a package. */
  readonly file: readonly string[]
  /** The encoder: pieces from another one do not fit, unless `allowMixed` is set. */
  readonly fingerprint: Fingerprint
  /** Whether pieces from other builds of ffmpeg are accepted, if their headers are the same. */
  readonly allowMixed?: true
  readonly output: PlannedTarget
}

/** A plan for one object or package in pieces: everything a machine needs for any step, as JSON without secrets. */
export interface SplitPlan extends Pieces {
  /**
   * SHA-256 of everything that determines the pieces. Plans for objects with equal hashes share pieces, whatever their
   * targets; the segments of a package stay where they are stored, so its hash depends on that, too, and on its
   * playlists.
   */
  readonly hash: string
  /** The pieces are stored below `<prefix><hash>/`. */
  readonly work: { readonly bucket: string; readonly prefix: string }
  /** Limits of each ffmpeg. */
  readonly limits?: PlannedLimits
  /** Notes for people: properties the result does not keep. */
  readonly notes: readonly string[]
  /** The estimated time in pieces and in a single run. Not part of the hash. */
  readonly estimate: SplitEstimate
  /** Absent: only an {@link UnsplitPlan} has a reason. */
  readonly unsplit?: undefined
}

/** The reason not to split an output. */
export interface UnsplitPlan {
  /** The version of this format. */
  readonly version: 1
  /** Why the output is not split. */
  readonly unsplit: Unsplit
  /** By which figures a single run is faster, for the code `no-gain`. */
  readonly estimate?: SplitEstimate
}

/** The hash of a plan. If builds may be mixed, that of the planning machine does not matter. */
export function planHash(pieces: Pieces): string {
  const { version, source, video, chunks, audio, file, fingerprint, allowMixed, output } = pieces
  const encoder = allowMixed === true ? { allowMixed } : { fingerprint }
  return hashOf({ version, source, video, chunks, audio, file, ...encoder, package: packageOf(output) })
}

/** Properties of a package that neither its objects nor its playlists show. */
const UNSEEN: ReadonlySet<string> = new Set(['replaces', 'replacesMpd', 'removeReplaced'])

/** All that players see of a package: a run is never written twice with different playlists. */
function packageOf(output: PlannedTarget): object | undefined {
  if (output.type === 'object') return undefined
  const seen = Object.fromEntries(Object.entries(output).filter(([name]) => !UNSEEN.has(name)))
  return spelledFractions(seen) as object
}

/**
 * Checks that a plan is unchanged, at the start of each step: it may come from a queue or a file.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_INVALID`, `AVIO_ERR_PLAN_UNSPLIT`
 */
export function checkPlan(plan: SplitPlan | UnsplitPlan): SplitPlan {
  const { unsplit } = (plan as Partial<UnsplitPlan> | null) ?? {}
  if (unsplit !== undefined) {
    throw new PlanError('AVIO_ERR_PLAN_UNSPLIT', `This output is not split. ${unsplit.message}`)
  }
  if (isAsMade(plan as SplitPlan)) return plan as SplitPlan
  throw new PlanError(
    'AVIO_ERR_PLAN_INVALID',
    'The plan was changed after planSplit() made it, or another version of the library made it: its hash does not ' +
      'match. Make it again.',
  )
}

function isAsMade(plan: SplitPlan): boolean {
  try {
    return (plan.version as number) === 1 && planHash(plan) === plan.hash
  } catch {
    // Not even JSON.
    return false
  }
}

/** The prefix of all work objects of a plan. */
export function workPrefix({ work, hash }: SplitPlan): string {
  return `${work.prefix}${hash}/`
}

/** A piece: a chunk of the video by its number from 0, the audio, or the images of a package. */
export type Piece = number | 'audio' | 'images'

/** The name of a piece: `chunk-00003`, `audio`, `images`. */
export function pieceName(piece: Piece): string {
  return typeof piece === 'string' ? piece : `chunk-${String(piece).padStart(5, '0')}`
}

/** Whether a piece is a chunk, by its name. */
export function isChunk(name: string): boolean {
  return name.startsWith('chunk-')
}

/** The pieces of a plan that are not split. */
export function uncutPieces({
  audio,
  output,
}: Pick<SplitPlan, 'audio' | 'output'>): Exclude<Piece, number>[] {
  const hasImages = output.type === 'package' && output.images !== undefined
  return [...(audio === undefined ? [] : ['audio' as const]), ...(hasImages ? ['images' as const] : [])]
}

/** All pieces of a plan, in the order to start them: those that are not split take long, and go first. */
export function piecesOf(plan: SplitPlan): Piece[] {
  return [...uncutPieces(plan), ...plan.chunks.map((_, n) => n)]
}

/** The names of a package's media playlists, below its prefix: those of the renditions, and that of the images. */
export function mediaPlaylists({ run, renditions, images }: PlannedPackage): string[] {
  return [...renditions, ...(images ? [images] : [])].map(({ name }) => `${run}/${name}/index.m3u8`)
}

/** The frames of the whole video. */
export function totalFrames({ chunks }: Pick<SplitPlan, 'chunks'>): number {
  return chunks.at(-1)!.end - chunks[0]!.start
}

/** The names of all pieces of a plan: the chunks in order, then the others. */
export function pieceNames(plan: SplitPlan): string[] {
  return [...plan.chunks.map((_, n) => n), ...uncutPieces(plan)].map(pieceName)
}

/** The encoders of the video, without duplicates. */
export function encodersOf({ video }: Pick<SplitPlan, 'video'>): string[] {
  return [...new Set(video.renditions.map(({ encoder }) => encoder))]
}
