import { PlanError } from '../../errors.js'
import { secondOf, segmentStarts } from '../grid/chunk-grid.js'
import { type FrameRate, parseRate } from '../grid/rational.js'
import type { PieceRendition, PieceResult } from './piece-result.js'
import { type SplitPlan, pieceName } from './split-plan.js'

/**
 * Checks a chunk against the plan: each rendition must start at its first frame and have all frames up to the next
 * chunk, in a package in segments that begin where they do without cuts. The last chunk has the remaining frames of the
 * source, a number that the plan knows to about a second.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_GAP`
 */
export function checkChunk(plan: SplitPlan, n: number, result: Pick<PieceResult, 'renditions'>): void {
  for (const rendition of result.renditions) {
    checkFrames(plan, n, rendition)
    checkSegments(plan, n, rendition)
  }
}

/** The error for a chunk of which ffmpeg encoded no frame at all. */
export function emptyChunk(plan: SplitPlan, n: number, cause: unknown): PlanError {
  const { start, end } = plan.chunks[n]!
  return gap(plan, n, `${pieceName(n)} has no frames; the plan has ${end - start}. ${reasonsOf(plan)}`, cause)
}

function checkFrames(plan: SplitPlan, n: number, rendition: PieceRendition): void {
  const { start, end } = plan.chunks[n]!
  const rate = parseRate(plan.video.rate)!
  const track = rendition.tracks[0]!
  const isLast = n === plan.chunks.length - 1
  const wanted = end - start
  const isAll = isLast ? Math.abs(track.samples - wanted) <= secondOf(rate) : track.samples === wanted
  const isThere = track.startTicks === ticksOf(start, rate, track.timescale)
  const isClosed = track.durationTicks === ticksOf(track.samples, rate, track.timescale)
  if (isAll && isThere && isClosed) return
  const { samples, startTicks, durationTicks, timescale } = track
  throw gap(
    plan,
    n,
    `${shown(plan, n, rendition)} has ${samples} frames from tick ${startTicks} on, for ${durationTicks} ticks; ` +
      `the plan has ${wanted} frames from tick ${ticksOf(start, rate, timescale)} on. ${reasonsOf(plan)}`,
  )
}

function reasonsOf({ video }: SplitPlan): string {
  return (
    `A source whose key frames are more than ${video.runUp / 1000} s apart and that has no index, with intra refresh ` +
    "instead of key frames, or with gaps in its video, can't be split."
  )
}

/** The segments of all chunks together are those of one run. The end of the last one is that of the source. */
function checkSegments(plan: SplitPlan, n: number, rendition: PieceRendition): void {
  const { output, video, chunks } = plan
  const { segments, tracks } = rendition
  if (output.type === 'object' || segments === undefined) return
  const { targetDuration } = output
  const { timescale, samples } = tracks[0]!
  const rate = parseRate(video.rate)!
  const first = chunks[n]!.start
  const wanted = segmentStarts({ first, frames: samples, rate, gop: video.gop, targetDuration })
  const { spans } = segments
  const isPlanned =
    spans.length === wanted.length &&
    spans.every(
      ({ startTicks }, at) => startTicks + segments.shiftTicks === ticksOf(wanted[at]!, rate, timescale),
    )
  if (isPlanned) return
  throw gap(
    plan,
    n,
    `${shown(plan, n, rendition)} has ${spans.length} segments, or segments at other times than the ` +
      `${wanted.length} of the plan: its encoder has not set key frames every ${video.gop} frames.`,
  )
}

function ticksOf(frames: number, { numerator, denominator }: FrameRate, timescale: number): number {
  return Number((BigInt(frames) * denominator * BigInt(timescale)) / numerator)
}

function shown({ output }: SplitPlan, n: number, { name }: PieceRendition): string {
  return output.type === 'object' ? pieceName(n) : `${pieceName(n)} of "${name}"`
}

function gap({ hash }: SplitPlan, n: number, message: string, cause?: unknown): PlanError {
  return new PlanError(
    'AVIO_ERR_PLAN_GAP',
    message,
    { plan: hash, piece: pieceName(n) },
    cause === undefined ? undefined : { cause },
  )
}
