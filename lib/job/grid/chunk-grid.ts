import { Segmenter } from '../../hls/segments/segmenter.js'
import { type FrameRate, MICROSECONDS, frameAt, timeOf } from './rational.js'

/**
 * The positions at which a video is cut into chunks: on the output's own grid of frames, every few whole GOPs, counted
 * from its first frame. An encoder that starts a GOP every `gop` frames would start one at each cut anyway, so the
 * chunks have the same key frames and segments as a single run.
 *
 * The grid has one clock for all chunks: frame `n` of it is shown at `n` ÷ rate after the start of the source. ffmpeg's
 * filter `fps` moves frames to the nearest position on that clock; a frame halfway between two positions would go to
 * either with the slightest jitter. So the source's clock is shifted by less than half a frame, to put its first frame
 * exactly on the grid.
 */

/** The clock of the output's frames. */
export interface FrameClock {
  /** The number of the first frame. */
  readonly first: number
  /** The offset to subtract from the source's times before they are moved to the clock, in microseconds. */
  readonly shift: number
}

/** The clock for a source whose first frame is shown `firstTime` microseconds after its start. */
export function frameClock(firstTime: number, rate: FrameRate): FrameClock {
  const time = BigInt(firstTime)
  const first = frameAt(time, rate)
  return { first: Number(first), shift: Number(time - timeOf(first, rate)) }
}

/** The video to cut. */
export interface GridSpec {
  /** The number of the first frame; see {@link FrameClock}. */
  readonly first: number
  /** The number of frames. */
  readonly frames: number
  readonly rate: FrameRate
  /** Frames from one key frame to the next. */
  readonly gop: number
  /** The target length of a chunk, in seconds. */
  readonly chunkSeconds: number
  /** For a package: the target duration of its segments, in seconds. Its chunks are whole segments. */
  readonly targetDuration?: number | undefined
}

/** One chunk of the grid. */
export interface GridChunk {
  /** The number of its first frame. */
  readonly start: number
  /** One past its last frame. */
  readonly end: number
}

/** The share of the target duration below which a package joins its last segment to the one before. */
const SHORT_END = 0.25

/**
 * The chunks: each as long as `chunkSeconds`, rounded to the nearest cut, except for the last one. Cuts are possible at
 * key frames; in a package, where a segment begins.
 *
 * A last chunk under one second is merged into the previous one: for one or two frames, an encoder writes other
 * headers. The end of the video is known to about a second, and in a package the last cuts depend on it: so there, the
 * last chunk is also longer than all that could change its first cut.
 */
export function gridChunks(spec: GridSpec): GridChunk[] {
  const { first, frames, rate, gop, chunkSeconds, targetDuration = 0 } = spec
  const length = framesIn(chunkSeconds, rate)
  const uncertain = targetDuration === 0 ? 0 : Math.max(gop, framesIn(targetDuration * SHORT_END, rate))
  const latest = first + frames - secondOf(rate) - uncertain
  // As if the video went on, so that its end does not move the last cuts.
  const beyond = 2 * (length + gop + framesIn(targetDuration, rate))
  const cuts = cutsOf({ ...spec, frames: frames + beyond })
  const chunks: GridChunk[] = []
  let start = first
  for (;;) {
    const end = nearestAfter(start, cuts, start + length)
    if (end > latest) return [...chunks, { start, end: first + frames }]
    chunks.push({ start, end })
    start = end
  }
}

/** The frames at which a chunk may begin. */
function cutsOf({ first, frames, gop, rate, targetDuration }: GridSpec): number[] {
  if (targetDuration !== undefined) return segmentStarts({ first, frames, gop, rate, targetDuration })
  return Array.from({ length: Math.ceil(frames / gop) }, (_, n) => first + n * gop)
}

/** The cut after `start` that is nearest to `wanted`; of two that are equally near, the later one. */
function nearestAfter(start: number, cuts: readonly number[], wanted: number): number {
  const isNearer = (cut: number, best: number) => Math.abs(cut - wanted) <= Math.abs(best - wanted)
  return cuts.filter(cut => cut > start).reduce((best, cut) => (isNearer(cut, best) ? cut : best))
}

/**
 * The first frames of the segments into which a package is cut, if it is encoded in one run: found by cutting its key
 * frames as the packager does.
 */
export function segmentStarts(spec: Omit<GridSpec, 'chunkSeconds'> & { targetDuration: number }): number[] {
  const { first, frames, rate, gop, targetDuration } = spec
  // A power of two times this is the timescale that ffmpeg writes, so the times are exactly the same.
  const ticks = Number(rate.denominator)
  const segmenter = new Segmenter(targetDuration, Number(rate.numerator), 0)
  const spans = []
  for (let start = 0; start < frames; start += gop) {
    const sampleCount = Math.min(gop, frames - start)
    const part = { startTicks: (first + start) * ticks, durationTicks: sampleCount * ticks, sampleCount }
    spans.push(...segmenter.add(0, { ...part, sync: true }))
  }
  return [...spans, ...segmenter.end()].map(({ startTicks }) => startTicks / ticks)
}

/** The number of frames in a number of seconds, rounded to the nearest. */
export function framesIn(seconds: number, rate: FrameRate): number {
  return Number(frameAt(BigInt(Math.round(seconds * Number(MICROSECONDS))), rate))
}

/** The number of frames that fill a second. */
export function secondOf({ numerator, denominator }: FrameRate): number {
  return Number((numerator + denominator - 1n) / denominator)
}

/**
 * The position to seek to in the source, so that decoding begins before a chunk's first frame: in microseconds after
 * the start of the source, never negative.
 *
 * @param runUp - how much earlier, in seconds
 */
export function seekTime(start: number, clock: FrameClock, rate: FrameRate, runUp: number): bigint {
  const time = timeOf(BigInt(start), rate) + BigInt(clock.shift) - BigInt(Math.round(runUp * 1e6))
  return time > 0n ? time : 0n
}
