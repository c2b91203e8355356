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
}

/** One chunk of the grid. */
export interface GridChunk {
  /** The number of its first frame. */
  readonly start: number
  /** One past its last frame. */
  readonly end: number
}

/**
 * The chunks: each as long as `chunkSeconds`, rounded to whole GOPs, except for the last one. A last chunk under one
 * second is merged into the previous one: for one or two frames, an encoder writes other headers.
 */
export function gridChunks({ first, frames, rate, gop, chunkSeconds }: GridSpec): GridChunk[] {
  const length = gop * Math.max(1, Math.round(framesIn(chunkSeconds, rate) / gop))
  const least = secondOf(rate)
  const chunks: GridChunk[] = []
  for (let start = 0; start < frames;) {
    const end = frames - (start + length) < least ? frames : start + length
    chunks.push({ start: first + start, end: first + end })
    start = end
  }
  return chunks
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
