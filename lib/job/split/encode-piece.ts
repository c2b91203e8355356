import { pipeline } from 'node:stream/promises'
import { FfmpegError, OptionError } from '../../errors.js'
import { FfmpegProcess } from '../../ffmpeg/ffmpeg-process.js'
import { makeRunId } from '../../hls/run-id.js'
import { S3Source } from '../../s3/s3-source.js'
import { chunkFilters } from '../encoding/chunk-filters.js'
import { seekTime } from '../grid/chunk-grid.js'
import { parseRate } from '../grid/rational.js'
import { checkChunk, emptyChunk } from './check-chunk.js'
import { encodeImages } from './encode-images.js'
import { type PieceAttempt, type PieceContext, makePiece } from './make-piece.js'
import type { PieceResult } from './piece-result.js'
import { ObjectPieceSink, type PieceSink } from './piece-sink.js'
import { pinOf } from './plan-split.js'
import { SegmentPieceSink } from './segment-piece-sink.js'
import { type Piece, type SplitPlan, type UnsplitPlan, checkPlan, workPrefix } from './split-plan.js'
import { pieceLimits } from './split-limits.js'
import { SOURCE_CLOCK, clockArguments } from './source-clock.js'
import type { WorkStore } from './work-store.js'

/**
 * Encodes one chunk of the video. Safe to run twice, late, or at the same time on two machines: each attempt writes
 * under its own key, and the first result stays. A chunk with a result is not encoded again.
 *
 * @param n - the number of the chunk, from 0
 * @throws `PlanError` `AVIO_ERR_PLAN_OTHER_FFMPEG` before anything is read, `AVIO_ERR_PLAN_GAP`,
 *   `AVIO_ERR_PLAN_INVALID`; the errors of the stages
 */
export async function encodeChunk(
  plan: SplitPlan | UnsplitPlan,
  n: number,
  context: PieceContext = {},
): Promise<PieceResult> {
  const checked = checkPlan(plan)
  const chunk = checked.chunks[n]
  if (chunk === undefined) {
    throw new OptionError('n', `The plan has chunks 0 to ${checked.chunks.length - 1}, and no ${n}`, n)
  }
  const { video } = checked
  const isFirst = n === 0
  const isLast = n === checked.chunks.length - 1
  const rate = parseRate(video.rate)!
  const bounds = { start: isFirst ? undefined : chunk.start, end: isLast ? undefined : chunk.end }
  const margin = video.renditions.reduce((most, rendition) => Math.max(most, rendition.margin), 0)
  const before = video.runUp / 1000 + (margin * Number(rate.denominator)) / Number(rate.numerator)
  const seek = seekTime(chunk.start, { first: 0, shift: video.shift }, rate, before)
  const outputs = video.renditions.map(({ name, filters, margin, first, others }) => ({
    name,
    args: [
      ...['-map', video.map, '-vf', chunkFilters({ ...video, filters, margin, ...bounds })],
      ...['-fps_mode', 'passthrough', ...(isFirst ? first : others)],
      // Decode times and fragment numbers go on from chunk to chunk; a fragment has at least one frame.
      ...[
        '-movflags',
        '+frag_discont',
        '-fragment_index',
        String(chunk.start - checked.chunks[0]!.start + 1),
      ],
    ],
  }))
  const input = clockArguments(checked.source.start, isFirst ? 0n : seek)
  try {
    return await makePiece(checked, n, context, async attempt => {
      const made = await encoded(attempt, { input, outputs })
      checkChunk(checked, n, made)
      return made
    })
  } catch (error) {
    const isEmpty = error instanceof FfmpegError && error.code === 'AVIO_ERR_FFMPEG_NO_OUTPUT'
    throw isEmpty ? emptyChunk(checked, n, error) : error
  }
}

/**
 * Encodes the audio as a whole: in chunks, each one would begin with the encoder's priming. As safe as
 * {@link encodeChunk}.
 */
export async function encodeAudio(
  plan: SplitPlan | UnsplitPlan,
  context: PieceContext = {},
): Promise<PieceResult> {
  const checked = checkPlan(plan)
  if (checked.audio === undefined) throw new OptionError('plan', 'The plan has no audio', checked.audio)
  const input = clockArguments(checked.source.start)
  const outputs = checked.audio.map(({ name, args }) => ({ name, args: ['-vn', ...args] }))
  return await makePiece(checked, 'audio', context, attempt => encoded(attempt, { input, outputs }))
}

/** Encodes a piece of any kind. */
export async function encodePiece(
  plan: SplitPlan,
  piece: Piece,
  context: PieceContext = {},
): Promise<PieceResult> {
  if (piece === 'audio') return await encodeAudio(plan, context)
  if (piece === 'images') return await encodeImages(plan, context)
  return await encodeChunk(plan, piece, context)
}

/** Leaves out chapters and the timecode: tracks of their own, which would start again in each chunk. */
const OWN_TRACKS = ['-map_chapters', '-1', '-write_tmcd', '0']

/** A header without the version of the muxer, and with a clock that the newest versions would choose by the tracks. */
const ANY_BUILD = ['-fflags', '+bitexact', '-movie_timescale', '1000']

interface Arguments {
  readonly input: readonly string[]
  /** One for each rendition. */
  readonly outputs: readonly { readonly name: string; readonly args: readonly string[] }[]
}

/** Encodes a piece, and stores it. */
async function encoded(
  { plan, name, context, store }: PieceAttempt,
  args: Arguments,
): Promise<Pick<PieceResult, 'renditions'>> {
  const { ffmpegPath, env, signal, onProgress, onLog } = context
  const { client } = store
  const ffmpeg = new FfmpegProcess({
    inputs: [{ source: new S3Source({ client, ...pinOf(plan.source) }), args: args.input }],
    globalArgs: SOURCE_CLOCK,
    outputs: args.outputs.map(({ args }) => ({
      format: 'mp4',
      args: [...OWN_TRACKS, ...args, ...(plan.allowMixed === true ? ANY_BUILD : [])],
    })),
    ...{ ffmpegPath, env, limits: pieceLimits(plan.limits) },
  })
  ffmpeg.on('progress', ({ frame = 0 }) => onProgress?.({ piece: name, frames: frame }))
  if (onLog) ffmpeg.on('log', onLog)
  const sinks = sinksOf(plan, name, args, store)
  const flows = [
    ...sinks.map(({ stages }, n) => pipeline([ffmpeg.outputs[n]!, ...stages], { signal })),
    ffmpeg.result,
  ]
  try {
    await Promise.all(flows)
  } catch (error) {
    for (const { stages } of sinks) for (const stage of stages) stage.destroy(error as Error)
    await Promise.allSettled([...flows, ...sinks.map(({ over }) => over)])
    throw error
  }
  return { renditions: await Promise.all(sinks.map(sink => sink.stored(signal))) }
}

/** A sink for each rendition, with names that no other attempt has. */
function sinksOf(plan: SplitPlan, piece: string, { outputs }: Arguments, store: WorkStore): PieceSink[] {
  const { output, work, limits } = plan
  const attempt = makeRunId()
  return outputs.map(({ name }) => {
    if (output.type === 'package') {
      return new SegmentPieceSink({ output, name, attempt: `${piece}-${attempt}`, limits }, store)
    }
    const key = `${workPrefix(plan)}${piece}/${attempt}.mp4`
    return new ObjectPieceSink(name, store.client, { bucket: work.bucket, key }, limits)
  })
}
