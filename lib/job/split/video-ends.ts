import { finished } from 'node:stream/promises'
import { FfmpegError } from '../../errors.js'
import { FfmpegReadable } from '../../ffmpeg/ffmpeg-readable.js'
import type { FfmpegLimits } from '../../ffmpeg/limits/limits.js'
import type { RandomAccess } from '../../io/random-access.js'
import { MICROSECONDS, divideNear } from '../grid/rational.js'
import { SOURCE_CLOCK, clockArguments } from './source-clock.js'

/**
 * The exact start and end of a video. A container states them too coarsely: it gives the duration of all tracks
 * together, or the time of a packet that is never shown. So this decodes the first frame, and lists the packets of the
 * last seconds.
 */
export interface VideoEnds {
  /** The time of the first frame, in microseconds after the start of the source. */
  readonly first: number
  /** The end of the last frame, on the same clock. */
  readonly end: number
  /** The shortest and the longest interval between the last frames, of field pictures the first, in microseconds. */
  readonly spacing: { readonly least: number; readonly most: number } | undefined
  /** Whether each packet has one field, so that a frame is two of them (PAFF). */
  readonly isFieldCoded: boolean
}

/** The track to examine. */
export interface LookOptions {
  readonly source: RandomAccess
  /** The track, as for `-map`. */
  readonly map: string
  /** The time of the source's first packet, in microseconds. */
  readonly start: number
  /** The container's duration, in seconds. */
  readonly duration: number
  readonly ffmpegPath?: string | undefined
  readonly env?: Record<string, string> | undefined
  readonly limits?: FfmpegLimits | undefined
  readonly signal?: AbortSignal | undefined
}

/** How many seconds before the end to list packets at first. */
const TAIL = 10

const CLOCK = /^#tb 0: (\d+)\/(\d+)$/
/** A packet in `framecrc` format: stream, dts, pts, duration. */
const PACKET = /^0, *-?\w+, *(-?\d+), *(\d+),/

/** Frames decoded at the start, and the packets of as many fields and some more. */
const [FRAMES, PACKETS] = [8, 24]

const FIRST_FRAMES = [
  ...['-vf', 'settb=AVTB', '-fps_mode', 'passthrough', '-enc_time_base:v', '1/1000000'],
  ...['-frames:v', String(FRAMES), '-c:v', 'rawvideo'],
]

/** Finds both ends of a track; `undefined` if it has no frames. */
export async function videoEnds(options: LookOptions): Promise<VideoEnds | undefined> {
  const frames = await packetsOf(options, 0, FIRST_FRAMES)
  const [first] = frames
  if (first === undefined) return undefined
  // The duration may be that of the audio, and the video may end long before.
  for (let back = TAIL; ; back *= 4) {
    const from = Math.max(0, options.duration - back)
    const packets = await packetsOf(options, from, ['-c', 'copy'])
    const end = packets.reduce((latest, { end }) => Math.max(latest, end), -Infinity)
    if (end <= first.start && from > 0) continue
    const isFieldCoded = await areFields(options, frames, spacingOf(packets))
    const spacing = spacingOf(isFieldCoded ? frames : packets)
    return { first: first.start, end, spacing, isFieldCoded }
  }
}

/**
 * Whether packets are fields: the last ones are half as far apart as the first frames are, and so are those from which
 * these frames were decoded. Only a video whose rate changes is suspected in vain.
 */
async function areFields(
  options: LookOptions,
  frames: readonly Span[],
  last: VideoEnds['spacing'],
): Promise<boolean> {
  const steps = spacingOf(frames)
  if (steps === undefined || last === undefined || steps.least < 1.5 * last.most) return false
  const packets = await packetsOf(options, 0, ['-c', 'copy', '-frames:v', String(PACKETS)])
  const [from, to] = [frames[0]!.start, frames.at(-1)!.start]
  return packets.filter(({ start }) => start >= from && start < to).length === 2 * (frames.length - 1)
}

function spacingOf(packets: readonly Span[]): VideoEnds['spacing'] {
  const times = packets.map(({ start }) => start).sort((a, b) => a - b)
  const steps = times.slice(1).map((time, n) => time - times[n]!)
  if (steps.length === 0) return undefined
  return { least: steps.reduce((a, b) => Math.min(a, b)), most: steps.reduce((a, b) => Math.max(a, b)) }
}

interface Span {
  readonly start: number
  readonly end: number
}

async function packetsOf(
  { source, map, start, ...run }: LookOptions,
  from: number,
  output: readonly string[],
): Promise<Span[]> {
  const stream = new FfmpegReadable({
    input: { source, args: clockArguments(start, BigInt(Math.round(from * 1e6))) },
    globalArgs: SOURCE_CLOCK,
    output: { format: 'framecrc', args: ['-map', map, ...output] },
    ffmpegPath: run.ffmpegPath,
    env: run.env,
    limits: run.limits,
    signal: run.signal,
  })
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  try {
    await finished(stream)
  } catch (error) {
    // Nothing of this track from there on.
    if (!(error instanceof FfmpegError) || error.code !== 'AVIO_ERR_FFMPEG_NO_OUTPUT') throw error
  }
  return spansIn(text)
}

function spansIn(text: string): Span[] {
  let clock: readonly [bigint, bigint] = [1n, 1n]
  const time = (ticks: bigint) => Number(divideNear(ticks * clock[0] * MICROSECONDS, clock[1]))
  const spans: Span[] = []
  for (const line of text.split('\n')) {
    const [, numerator, denominator] = CLOCK.exec(line) ?? []
    if (numerator !== undefined && denominator !== undefined) clock = [BigInt(numerator), BigInt(denominator)]
    const [, pts, duration] = PACKET.exec(line) ?? []
    if (pts === undefined || duration === undefined) continue
    spans.push({ start: time(BigInt(pts)), end: time(BigInt(pts) + BigInt(duration)) })
  }
  return spans
}
