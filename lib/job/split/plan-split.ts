import { availableParallelism } from 'node:os'
import type { S3Client } from '@aws-sdk/client-s3'
import { PlanError, S3Error } from '../../errors.js'
import { checkOutput } from '../../ffmpeg/args/build-arguments.js'
import { probe } from '../../ffmpeg/probe/probe.js'
import type { MediaInfo, MediaStreamInfo } from '../../ffmpeg/report/media-info.js'
import { checkBucket } from '../../s3/request/check-bucket.js'
import { formatS3Uri } from '../../s3/request/s3-location.js'
import { S3Source } from '../../s3/s3-source.js'
import { thumbnailTimes } from '../../tasks/thumbnails/thumbnail-times.js'
import { UnsplitReason } from '../encoding/unsplit.js'
import { type GridChunk, frameClock, gridChunks } from '../grid/chunk-grid.js'
import { type FrameRate, MICROSECONDS, formatRate, frameAt } from '../grid/rational.js'
import { fingerprintOf } from './fingerprint.js'
import { finishedPieces } from './finished-pieces.js'
import { timesOf } from './package-settings.js'
import { checkRun, seenTarget, withTarget } from './planned-target.js'
import { SortedOutputs } from './sorted-outputs.js'
import { type SplitEstimate, estimateSplit, estimateText } from './split-estimate.js'
import { sourceRate, sourceVideo } from './source-video.js'
import { type Piece, type PlannedSource, type SplitPlan, type UnsplitPlan, encodersOf } from './split-plan.js'
import { checkDuration, checkInputBytes, lookLimits, probeLimits } from './split-limits.js'
import { type SplitSettings, type SplitSpec, splitSettings } from './split-spec.js'
import { planMark } from './target-state.js'
import { type VideoEnds, videoEnds } from './video-ends.js'
import { WorkStore } from './work-store.js'

/** Settings for running a step that are not part of the plan. */
export interface SplitContext {
  /** The client for all requests. @defaultValue created from the environment */
  readonly client?: S3Client | undefined
  /** The ffmpeg to run. @defaultValue as for `FfmpegReadable` */
  readonly ffmpegPath?: string | undefined
  /** The ffprobe to run while planning, and for images. @defaultValue as for `probe` */
  readonly ffprobePath?: string | undefined
  /** Environment variables for ffmpeg, added to the few it inherits. @defaultValue none */
  readonly env?: Record<string, string> | undefined
  /** Ends the step with an `AbortError`. */
  readonly signal?: AbortSignal | undefined
}

/** Demuxers that find the key frame before any time; all others may start in the middle of a GOP. */
const INDEXED = new Set(['mov', 'mp4', 'matroska', 'webm', 'avi', 'mxf', 'asf', 'flv'])
/** How long before a chunk to start decoding, in milliseconds: a GOP of a broadcast is much shorter than 12 s. */
const RUN_UP = { indexed: 1000, other: 12_000 }

/** The assumed size of pictures whose size the source does not state, in pixels. */
const HD = { width: 1920, height: 1080 }

/**
 * Makes the plan for one object or package in pieces: pins the source, finds the start and the end of its video, and
 * cuts it into chunks. Reads the source's index, its first frame, and the packets of its last seconds; writes nothing.
 *
 * For an output that can't be split, or with `mode: 'auto'` is faster in a single run, the plan has the reason in
 * `unsplit`: run it as a whole. What an earlier run of the same plan has encoded counts as done: if it would not be
 * split otherwise, its work prefix is listed.
 *
 * @throws `OptionError` for a spec that breaks its rules; `FfmpegError` for arguments that no output may have, and
 *   `AVIO_ERR_LIMIT_…` for an exceeded limit; `PlanError` `AVIO_ERR_PLAN_UNSPLIT` with `mode: 'required'`; the errors
 *   of reading the source
 */
export async function planSplit(
  spec: SplitSpec,
  context: SplitContext = {},
): Promise<SplitPlan | UnsplitPlan> {
  const settings = splitSettings(spec)
  for (const { args } of settings.outputs) checkOutput({ format: 'mp4', args }, 'output')
  try {
    return await planned(settings, context)
  } catch (error) {
    if (!(error instanceof UnsplitReason)) throw error
    if (settings.mode !== 'required') return { version: 1, unsplit: error.reason }
    throw new PlanError('AVIO_ERR_PLAN_UNSPLIT', `This output can't be split. ${error.message}`)
  }
}

async function planned(settings: SplitSettings, context: SplitContext): Promise<SplitPlan | UnsplitPlan> {
  const outputs = new SortedOutputs(settings)
  const store = new WorkStore(context)
  const [object, target] = await Promise.all([
    pinned(settings, store),
    seenTarget(settings, store),
    // The first request to it would be the commit of the first piece.
    checkBucket(store.client, settings.work.bucket, context.signal),
  ])
  const { allowMixed, limits } = settings
  const { ffmpegPath, ffprobePath, env, signal } = context
  const looking = lookLimits(limits)
  const s3Source = new S3Source({ client: store.client, ...pinOf(object) })
  const media = await probe(s3Source, { ffmpegPath, ffprobePath, env, signal, limits: probeLimits(looking) })
  const start = Math.round((media.format.startTime ?? 0) * 1e6)
  const source = { ...object, start }
  const track = sourceVideo(media, outputs.videoMap)
  const map = `0:${track.index}`
  const { duration } = media.format
  if (duration === undefined) throw new UnsplitReason('source', 'The source does not tell how long it is.')
  const ends = await videoEnds({
    ...{ source: s3Source, map, start, duration },
    ...{ ffmpegPath, env, signal, limits: looking },
  })
  if (ends === undefined) throw new UnsplitReason('source', 'The video of the source has no frame.')
  checkDuration(limits, ends.end / Number(MICROSECONDS))
  const rate = settings.rate ?? outputs.rate ?? sourceRate(track, ends)
  const gop = outputs.gopAt(rate)
  const clock = frameClock(ends.first, rate)
  const chunks = cut({ settings, rate, gop, ends, first: clock.first })
  const { renditions, notes } = outputs.encode(gop)
  const runUp = media.format.names.some(name => INDEXED.has(name)) ? RUN_UP.indexed : RUN_UP.other
  const audio = outputs.audio(media.streams.some(({ type }) => type === 'audio'))
  const audios = audio.length
  const images = imageCount(settings, duration)
  const terms = { settings, outputs, track, rate, ends, chunks, runUp, audios, images }
  const video = { map, rate: formatRate(rate), gop, shift: clock.shift, runUp, renditions }
  const pieces = {
    ...{ version: 1 as const, source, video, chunks, ...(audio.length > 0 && { audio }) },
    file: outputs.isPackage ? [] : [...timecodeOf(media, track), ...outputs.file],
    fingerprint: await fingerprintOf(encodersOf({ video }), { ffmpegPath, env }),
    ...(allowMixed && { allowMixed }),
  }
  const plan: SplitPlan = {
    ...withTarget(pieces, settings.output, target),
    work: settings.work,
    ...(limits && {
      limits: { ...limits, ...(limits.threads !== undefined && { threads: outputs.threads }) },
    }),
    notes: [...notes, ...(media.chapters.length > 0 ? ['The chapters of the source are not kept.'] : [])],
    estimate: estimated(terms),
  }
  const isMade = target.madeBy === planMark(plan)
  const decided = settings.mode !== 'auto' || isMade ? plan : await withGain(plan, terms, store)
  if (decided.unsplit === undefined && settings.output.type === 'package')
    await checkRun(settings.output, isMade, store.client)
  return decided
}

/**
 * The plan, if it saves time. Pieces that an earlier run has finished, perhaps with more workers, cost nothing any
 * more: they are looked for only where they may change the decision.
 */
async function withGain(
  plan: SplitPlan,
  terms: Estimated,
  store: WorkStore,
): Promise<SplitPlan | UnsplitPlan> {
  if (isFaster(plan.estimate)) return plan
  const estimate = estimated(terms, await finishedOf(plan, store))
  if (isFaster(estimate)) return { ...plan, estimate }
  const message = estimateText(estimate).join(' ')
  return { version: 1, unsplit: { code: 'no-gain', message }, estimate }
}

function isFaster({ splitSeconds, wholeSeconds }: SplitEstimate): boolean {
  return splitSeconds < wholeSeconds
}

/** A single run needs no right to list the work prefix. */
async function finishedOf(plan: SplitPlan, store: WorkStore): Promise<ReadonlySet<Piece>> {
  try {
    return await finishedPieces(plan, store)
  } catch (error) {
    if (error instanceof S3Error && error.code === 'AVIO_ERR_ACCESS_DENIED') return new Set()
    throw error
  }
}

async function pinned(
  { source, limits }: SplitSettings,
  store: WorkStore,
): Promise<Omit<PlannedSource, 'start'>> {
  const { bucket, key, versionId, etag } = source
  const state = await store.head({ bucket, key }, versionId)
  if (state === undefined)
    throw new S3Error('AVIO_ERR_NO_SUCH_KEY', `There is no object ${formatS3Uri({ bucket, key })}.`, {
      bucket,
      key,
    })
  checkInputBytes(limits, formatS3Uri({ bucket, key }), state.size)
  if (etag !== undefined && etag !== state.etag) {
    const message = `${formatS3Uri({ bucket, key })} has the ETag ${state.etag}, not ${etag}: it has changed.`
    throw new S3Error('AVIO_ERR_OBJECT_CHANGED', message, { bucket, key }, { retryable: false })
  }
  const version = versionId ?? (state.versionId === 'null' ? undefined : state.versionId)
  return {
    bucket,
    key,
    ...(version !== undefined && { versionId: version }),
    etag: state.etag,
    size: state.size,
  }
}

/** The options for an `S3Source` of the planned version. */
export function pinOf({ bucket, key, versionId, etag }: Omit<PlannedSource, 'start'>) {
  return { bucket, key, versionId, etag }
}

/** The timecode of the source's first frame, which the joined file has as a track of its own. */
function timecodeOf({ format }: MediaInfo, track: MediaStreamInfo): string[] {
  const timecode = track.tags['timecode'] ?? format.tags['timecode']
  return timecode === undefined ? [] : ['-metadata:s:v:0', `timecode=${timecode}`]
}

interface Cut {
  readonly settings: SplitSettings
  readonly rate: FrameRate
  readonly gop: number
  readonly ends: VideoEnds
  readonly first: number
}

function cut({ settings, rate, gop, ends, first }: Cut) {
  const frames = Number(frameAt(BigInt(ends.end - ends.first), rate))
  const { chunkSeconds, output } = settings
  const targetDuration = output.type === 'package' ? output.targetDuration : undefined
  const chunks = gridChunks({ first, frames, rate, gop, chunkSeconds, targetDuration })
  if (chunks.length > 1) return chunks
  const length = Math.round((ends.end - ends.first) / Number(MICROSECONDS))
  throw new UnsplitReason('short', `The video (${length} s) is not longer than one chunk.`)
}

/** The number of thumbnails. @throws `OptionError` for an interval that gives too many */
function imageCount({ output }: SplitSettings, duration: number): number {
  if (output.type !== 'package' || output.images === undefined) return 0
  const times = thumbnailTimes(timesOf(output.images))
  return (typeof times === 'function' ? times(duration) : times).length
}

interface Estimated {
  readonly settings: SplitSettings
  readonly outputs: SortedOutputs
  readonly track: MediaStreamInfo
  readonly rate: FrameRate
  readonly ends: VideoEnds
  readonly chunks: readonly GridChunk[]
  readonly runUp: number
  readonly audios: number
  readonly images: number
}

/** @param finished - pieces that need not be made */
function estimated(of: Estimated, finished: ReadonlySet<Piece> = new Set()): SplitEstimate {
  const { settings, outputs, track, rate, ends, chunks } = of
  const finishedChunks = chunks.filter((_, n) => finished.has(n)).length
  const fps = Number(rate.numerator) / Number(rate.denominator)
  const { width = HD.width, height = HD.height, frameRate } = track
  const encodings = outputs.loads({ width, height }, fps)
  return estimateSplit({
    seconds: (ends.end - ends.first) / Number(MICROSECONDS),
    ...{ chunks: chunks.length - finishedChunks, finishedChunks },
    chunkSeconds: chunks.reduce((most, { start, end }) => Math.max(most, end - start), 0) / fps,
    workers: settings.workers,
    source: { width, height, fps: frameRate ?? fps },
    ...{ audios: finished.has('audio') ? 0 : of.audios, images: finished.has('images') ? 0 : of.images },
    ...{ encodings, runUpSeconds: of.runUp / 1000 },
    ...{ isCopied: !outputs.isPackage, threads: outputs.threads, stated: settings.encodeSpeed },
    processors: Math.min(availableParallelism(), (outputs.wholeThreads ?? Infinity) * encodings.length),
  })
}
