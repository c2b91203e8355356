import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PlanError } from '../../errors.js'
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js'
import type { FfmpegLogEntry } from '../../ffmpeg/log/log.js'
import { isQueueNotice } from '../../ffmpeg/log/queue-notice.js'
import { Fmp4Validator } from '../../mp4/fmp4-validator.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../s3/s3-range-readable.js'
import type { CheckedResults } from './check-results.js'
import type { PieceRendition } from './piece-result.js'
import type { SplitContext } from './plan-split.js'
import { joinLimits } from './split-limits.js'
import type { PlannedObject, SplitPlan } from './split-plan.js'
import { AlreadyThere, PLAN_METADATA, type SplitResult, planMark, resultUnderKey } from './target-state.js'
import type { WorkStore } from './work-store.js'

/** Settings for joining pieces. */
export interface JoinContext extends SplitContext {
  /** Called about twice a second, with the number of frames copied so far. Not for a package, which copies none. */
  readonly onProgress?: ((progress: { readonly frames: number }) => void) | undefined
  /**
   * Called for each line that ffmpeg logs, but for its hint that pieces are read faster than the object is stored. Not
   * for a package, which needs no ffmpeg.
   */
  readonly onLog?: ((entry: FfmpegLogEntry) => void) | undefined
}

/**
 * The length of the fragments that interleave video and audio, in microseconds. For a file that alternates between 60 s
 * of video and 60 s of audio, a player would send thousands of requests.
 */
const INTERLEAVE = '1000000'

/** Copies the pieces into one MP4 with its index first, and stores it. */
export async function joinObject(
  plan: SplitPlan,
  output: PlannedObject,
  { chunks: chunkResults, audio: audioResult }: CheckedResults,
  store: WorkStore,
  { ffmpegPath, env, signal, onProgress, onLog }: JoinContext,
): Promise<SplitResult> {
  const { client } = store
  const chunks = chunkResults.map(({ renditions }) => renditions[0]!)
  const audio = audioResult?.renditions[0]
  const { bucket, key, replaces, contentType = 'video/mp4', cacheControl, metadata } = output
  const tracks = ['-map', '0:v', ...(audio === undefined ? [] : ['-map', '1:a', '-map_metadata', '1'])]
  const ffmpeg = new FfmpegProcess({
    inputs: [{ format: 'mp4' }, ...(audio === undefined ? [] : [{ format: 'mp4' }])],
    // Keep the offset between video and audio, whichever begins first.
    globalArgs: ['-copyts'],
    outputs: [
      {
        format: 'mp4',
        layout: 'file',
        args: [...tracks, '-c', 'copy', ...lastDurations(audio), '-frag_duration', INTERLEAVE, ...plan.file],
      },
    ],
    ...{ ffmpegPath, env, limits: joinLimits(plan.limits) },
  })
  let frames = 0
  ffmpeg.on('progress', ({ frame }) => {
    frames = frame ?? frames
    onProgress?.({ frames })
  })
  // That the pieces are read faster than the object is stored is the usual course.
  ffmpeg.on('log', entry => {
    if (!isQueueNotice(entry)) onLog?.(entry)
  })
  const sink = new S3MultipartWritable({
    ...{ client, bucket, key, contentType, metadata: { ...metadata, [PLAN_METADATA]: planMark(plan) } },
    ...(replaces === undefined && { ifNoneMatch: '*' as const }),
    request: {
      ...(replaces !== undefined && { IfMatch: replaces }),
      ...(cacheControl !== undefined && { CacheControl: cacheControl }),
    },
    // Check again right before the commit, for stores that ignore conditions.
    beforeCommit: async () => {
      const wanted = chunks.reduce((sum, chunk) => sum + chunk.tracks[0]!.samples, 0)
      if (frames !== wanted) throw lost(plan, frames, wanted)
      if ((await resultUnderKey(plan, store)) !== undefined) throw new AlreadyThere()
    },
  })
  const [video, sound] = ffmpeg.inputs
  const readers = [
    joined(chunks, client, signal),
    ...(audio === undefined ? [] : [joined([audio], client, signal)]),
  ]
  const flows = [
    ...readers.map((reader, n) =>
      pipeline(reader, new Fmp4Validator(), (n === 0 ? video : sound)!, { signal }),
    ),
    pipeline(ffmpeg.outputs[0]!, sink, { signal }),
    ffmpeg.result,
  ]
  try {
    await Promise.all(flows)
  } catch (error) {
    await Promise.allSettled(flows)
    throw error
  }
  const { etag, versionId, bytes } = await sink.result
  return { bucket, key, etag, versionId, bytes }
}

/**
 * The last packet of an audio track is often shorter than the others. A fragmented MP4 states that, but ffmpeg reads it
 * with the duration of the others.
 */
function lastDurations(audio: PieceRendition | undefined): string[] {
  return (audio?.tracks ?? []).flatMap(({ durationTicks }, n) => [
    `-bsf:a:${n}`,
    `setts=pts=PTS:dts=DTS:duration='if(eq(NEXT_DTS,NOPTS),STARTDTS+${durationTicks}-DTS,DURATION)'`,
  ])
}

function lost(plan: SplitPlan, frames: number, wanted: number): PlanError {
  return new PlanError(
    'AVIO_ERR_PLAN_GAP',
    `The join copied ${frames} frames, the pieces have ${wanted}: nothing was stored.`,
    { plan: plan.hash },
  )
}

/** The pieces as one fragmented MP4: the first with its initialization segment, the others without. */
function joined(
  pieces: readonly PieceRendition[],
  client: WorkStore['client'],
  signal?: AbortSignal,
): Readable {
  async function* bytes() {
    for (const [n, { media, init, end }] of pieces.entries()) {
      const { bucket, key, etag } = media
      yield* new S3RangeReadable({ client, bucket, key, etag, start: n === 0 ? 0 : init.bytes, end, signal })
    }
  }
  return Readable.from(bytes(), { objectMode: false })
}
