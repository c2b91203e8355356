import { buffer } from 'node:stream/consumers'
import { FfmpegError } from '../errors.js'
import { FfmpegReadable } from '../ffmpeg/ffmpeg-readable.js'
import type { FfmpegLogEntry } from '../ffmpeg/log.js'
import { probe } from '../ffmpeg/probe.js'
import { BlockCache } from '../io/block-cache.js'
import type { RandomAccess } from '../io/random-access.js'
import { booleanOption, integerOption, knownOptions, MiB, oneOfOption, optionsObject } from '../options.js'
import { failBehindEnd } from './behind-end.js'
import { seconds } from './clip.js'
import { JOB_OPTIONS, type JobOptions, stageOptions } from './job-options.js'
import { type ThumbnailTimes, type Times, thumbnailTimes } from './thumbnail-times.js'

/** Options of {@link thumbnails}. */
export interface ThumbnailsOptions extends JobOptions, ThumbnailTimes {
  /** Width in pixels: 1 to 16,384. The height follows, unless it is given. @defaultValue the picture's own */
  width?: number | undefined
  /** Height in pixels: 1 to 16,384. The width follows, unless it is given. @defaultValue the picture's own */
  height?: number | undefined
  /** How the images are encoded. @defaultValue `jpeg` */
  format?: 'jpeg' | 'png' | 'webp' | undefined
  /**
   * Whether each is the very frame at its time. The default takes the key frame at or before it, which is one frame to
   * fetch and to decode in place of all since that key frame.
   * @defaultValue false
   */
  exact?: boolean | undefined
  /** The ffprobe that tells how long the media are, for `every` and `count`. @defaultValue as `probe` finds it */
  ffprobePath?: string | undefined
  /** How many pictures are under way at a time: 1 to 16; each is an ffmpeg of its own. @defaultValue 2 */
  concurrency?: number | undefined
}

/** One picture. */
export interface Thumbnail {
  /** The time that was asked for, in seconds. */
  readonly time: number
  /** The time that the picture is shown at, in seconds: `time`, or that of the key frame before it. */
  readonly pictureTime: number
  /** The encoded image. */
  readonly image: Buffer
}

const CODECS = { jpeg: 'mjpeg', png: 'png', webp: 'libwebp' } as const
const MAX_SIDE = 16_384
/** The first frame behind the jump, handed out by the decoder without waiting for any that follow. */
const FIRST_FRAME = ['-noaccurate_seek', '-threads', '1', '-flags', '+low_delay']
const OWN = ['times', 'every', 'count', 'width', 'height', 'format', 'exact', 'ffprobePath', 'concurrency']

/**
 * Takes still pictures out of a source, in the order of the times, without reading what lies between.
 *
 * What is fetched is the index, once for all of them, and for each the block or blocks that hold its frame. Leaving the
 * loop ends what is under way. Memory: `cacheSize`, and `concurrency` images.
 *
 * Errors: those of `probe` and of {@link FfmpegReadable}; a time behind the last picture is `AVIO_ERR_FFMPEG_NO_OUTPUT`.
 *
 * @example
 * ```ts
 * const source = new S3Object({ client, bucket: 'masters', key: 'talk.mov' })
 * for await (const { time, image } of thumbnails({ source, count: 12, width: 320 })) {
 *   await writeFile(`talk-${time}.jpg`, image)
 * }
 * ```
 * @throws {@link OptionError} for an option that breaks its rule, at the call
 */
export function thumbnails(options: ThumbnailsOptions): AsyncIterable<Thumbnail> {
  knownOptions(optionsObject(options, 'thumbnails'), 'thumbnails', [...JOB_OPTIONS, ...OWN])
  const { source, stage } = stageOptions(options)
  const side = { min: 1, max: MAX_SIDE, default: undefined, unit: 'pixels' }
  const width = integerOption(options, 'width', side)
  const height = integerOption(options, 'height', side)
  return taken({
    source,
    stage,
    times: thumbnailTimes(options),
    scale: width === undefined && height === undefined ? undefined : `scale=${width ?? -2}:${height ?? -2}`,
    codec: CODECS[oneOfOption(options, 'format', { values: ['jpeg', 'png', 'webp'], default: 'jpeg' })],
    exact: booleanOption(options, 'exact', { default: false }),
    concurrency: integerOption(options, 'concurrency', { min: 1, max: 16, default: 2 }),
    ffprobePath: options.ffprobePath,
    cacheSize: integerOption(options, 'cacheSize', { min: MiB, max: 64 * 1024 * MiB, default: 32 * MiB }),
  })
}

interface Order {
  readonly source: RandomAccess
  readonly stage: ReturnType<typeof stageOptions>['stage']
  readonly times: Times
  readonly scale: string | undefined
  readonly codec: string
  readonly exact: boolean
  readonly concurrency: number
  readonly ffprobePath: string | undefined
  readonly cacheSize: number
}

async function* taken(order: Order): AsyncGenerator<Thumbnail, void, undefined> {
  // One cache for all: the index is fetched once, and neighbours share their blocks.
  const cache = new BlockCache(order.source, { cacheSize: order.cacheSize })
  const abort = new AbortController()
  const { signal: outer } = order.stage
  const signal = outer ? AbortSignal.any([outer, abort.signal]) : abort.signal
  const underWay: Promise<Thumbnail>[] = []
  try {
    const times =
      typeof order.times === 'function' ? order.times(await durationOf(order, cache, signal)) : order.times
    let next = 0
    while (next < times.length || underWay.length > 0) {
      while (next < times.length && underWay.length < order.concurrency) {
        const one = take(order, cache, times[next++]!, signal)
        // It may fail before its turn has come; whoever waits for it then is told.
        one.catch(() => undefined)
        underWay.push(one)
      }
      yield await underWay.shift()!
    }
  } finally {
    abort.abort()
    await Promise.allSettled(underWay)
    await cache.close()
  }
}

async function durationOf(
  { ffprobePath, stage: { ffmpegPath } }: Order,
  cache: BlockCache,
  signal: AbortSignal,
): Promise<number> {
  const { format } = await probe(cache, { ffprobePath, ffmpegPath, signal })
  if (format.duration !== undefined && format.duration > 0) return format.duration
  throw new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    'How long the media are can\'t be told from the source, so "every" and "count" have no meaning: give "times".',
  )
}

async function take(
  { stage, scale, codec, exact }: Order,
  cache: BlockCache,
  time: number,
  signal: AbortSignal,
): Promise<Thumbnail> {
  const filters = ['showinfo=checksum=0', ...(scale === undefined ? [] : [scale])]
  const ffmpeg = new FfmpegReadable({
    ...stage,
    signal,
    input: { source: cache, args: [...(exact ? [] : FIRST_FRAME), '-ss', seconds(time)] },
    output: {
      format: 'image2pipe',
      args: ['-map', '0:V:0', '-frames:v', '1', '-vf', filters.join(), '-c:v', codec],
    },
    globalArgs: ['-copyts', '-start_at_zero'],
  })
  failBehindEnd(ffmpeg, time)
  // The filter is ahead of the encoder: the first picture that it sees is the one that is taken.
  let pictureTime: number | undefined
  ffmpeg.on('log', entry => (pictureTime ??= shownAt(entry)))
  const image = await buffer(ffmpeg)
  return { time, pictureTime: pictureTime ?? time, image }
}

/** The time of the picture, as the filter `showinfo` tells it. */
function shownAt({ component, message }: FfmpegLogEntry): number | undefined {
  if (component?.startsWith('Parsed_showinfo') !== true) return undefined
  const [, time] = / pts_time:\s*(-?\d+(?:\.\d+)?)/.exec(message) ?? []
  return time === undefined ? undefined : Number(time)
}
