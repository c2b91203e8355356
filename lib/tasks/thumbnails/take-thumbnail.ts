import { buffer } from 'node:stream/consumers'
import { type AvioError, FfmpegError } from '../../errors.js'
import { FfmpegReadable } from '../../ffmpeg/ffmpeg-readable.js'
import type { BlockCache } from '../../io/cache/block-cache.js'
import { failPastEnd } from '../fail-past-end.js'
import type { stageOptions } from '../task-options.js'
import { startArguments } from '../clip/clip-arguments.js'
import {
  DECODABLE,
  KEEP_CLOCK,
  SEEN,
  type TimeLine,
  fromClock,
  landingArguments,
  landings,
  onClock,
  onlyLastAt,
  onlyShownAt,
  pictureTime,
} from '../shown-picture.js'

/** One thumbnail. */
export interface Thumbnail {
  /** The requested time, in seconds. */
  readonly time: number
  /**
   * The start of the frame, in seconds from the start of the media: at or before `time`, or after it if there is no
   * earlier frame.
   */
  readonly pictureTime: number
  /** The encoded image. */
  readonly image: Buffer
}

/** Settings of a thumbnail. */
export interface Taking {
  readonly input: ReturnType<typeof stageOptions>['input']
  readonly stage: ReturnType<typeof stageOptions>['stage']
  /** A filter that scales it. */
  readonly scale: string | undefined
  /** The encoder. */
  readonly codec: string
}

/** The first frame after the seek, output by the decoder without waiting for later ones. */
const FIRST_FRAME = ['-noaccurate_seek', '-threads', '1', '-flags', '+low_delay']

/** The key frame at or before a time. */
export async function takeKey(
  order: Taking,
  cache: BlockCache,
  time: number,
  signal: AbortSignal,
): Promise<Thumbnail> {
  const ffmpeg = imageOf(order, cache, signal, {
    input: [...FIRST_FRAME, ...startArguments(time)],
    filters: ['settb=AVTB', SEEN],
    globalArgs: [...KEEP_CLOCK, '-start_at_zero'],
  })
  failPastEnd(ffmpeg, time)
  // The filter precedes the encoder: the first frame that it sees is the thumbnail.
  let seen: number | undefined
  ffmpeg.on('log', entry => (seen ??= pictureTime(entry)))
  const image = await buffer(ffmpeg)
  return { time, pictureTime: seen === undefined ? time : seen / 1e6, image }
}

/** The frame shown at a time. */
export async function takeExact(
  order: Taking,
  cache: BlockCache,
  time: number,
  line: TimeLine,
  signal: AbortSignal,
): Promise<Thumbnail> {
  const wanted = onClock(time, line)
  for (const landing of landings(time, line)) {
    const isGood = ([first = Infinity]: readonly number[]) => first <= wanted || landing === undefined
    let taken = await takeShown(order, cache, onlyShownAt(wanted), landing, signal)
    if (!isGood(taken.seen)) continue
    const last = taken.seen.at(-1)
    // No frame follows the last one to confirm it.
    if (taken.image === undefined && last !== undefined)
      taken = await takeShown(order, cache, onlyLastAt(last), landing, signal)
    const { image, seen } = taken
    if (image === undefined) throw taken.error
    const shown = seen.findLast(pts => pts <= wanted) ?? seen[0]!
    return { time, pictureTime: fromClock(shown, line), image }
  }
  // The last landing is good, or has thrown.
  throw new Error('No landing was good')
}

/** The error for a source without video. A cover does not count. */
export function noVideo(cause?: unknown): FfmpegError {
  const message =
    'The source has no video track to take thumbnails from: probe() lists its streams. A cover does not count.'
  return new FfmpegError('AVIO_ERR_NO_SUCH_STREAM', message, {}, { cause })
}

interface Taken {
  /** Absent if no frame came after the time. */
  readonly image: Buffer | undefined
  readonly error?: unknown
  /** The times of all decoded frames, on ffmpeg's clock. */
  readonly seen: readonly number[]
}

async function takeShown(
  order: Taking,
  cache: BlockCache,
  only: string,
  landing: number | undefined,
  signal: AbortSignal,
): Promise<Taken> {
  const ffmpeg = imageOf(order, cache, signal, {
    input: landingArguments(landing),
    filters: [DECODABLE, SEEN, only],
    globalArgs: KEEP_CLOCK,
  })
  const seen: number[] = []
  ffmpeg.on('log', entry => {
    const pts = pictureTime(entry)
    if (pts !== undefined) seen.push(pts)
  })
  try {
    return { image: await buffer(ffmpeg), seen }
  } catch (error) {
    if ((error as Partial<AvioError>).code !== 'AVIO_ERR_FFMPEG_NO_OUTPUT') throw error
    return { image: undefined, error, seen }
  }
}

interface Way {
  readonly input: readonly string[]
  readonly filters: readonly string[]
  readonly globalArgs: readonly string[]
}

/** An ffmpeg that encodes the first frame that passes the filters. */
function imageOf(
  { input, stage, scale, codec }: Taking,
  source: BlockCache,
  signal: AbortSignal,
  way: Way,
): FfmpegReadable {
  const filters = [...way.filters, ...(scale === undefined ? [] : [scale])].join()
  return new FfmpegReadable({
    ...stage,
    signal,
    input: { ...input, source, args: [...way.input] },
    output: {
      format: 'image2pipe',
      args: ['-map', '0:V:0', '-frames:v', '1', '-vf', filters, '-c:v', codec],
    },
    globalArgs: [...way.globalArgs, ...stage.globalArgs],
  })
}
