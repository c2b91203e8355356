import type { AvioError } from '../../errors.js'
import { type FfmpegLimits, LOOKING, systemLimits } from '../../ffmpeg/limits/limits.js'
import type { MediaFormat } from '../../ffmpeg/report/media-info.js'
import { probe } from '../../ffmpeg/probe/probe.js'
import { BlockCache } from '../../io/cache/block-cache.js'
import type { RandomAccess } from '../../io/random-access.js'
import { booleanOption, integerOption, knownOptions, MiB, oneOfOption, optionsObject } from '../../options.js'
import { TASK_OPTIONS, type TaskOptions, stageOptions } from '../task-options.js'
import { lengthOf, noLength } from '../media-length.js'
import { timeLineOf } from '../shown-picture.js'
import { type Taking, type Thumbnail, noVideo, takeExact, takeKey } from './take-thumbnail.js'
import { type ThumbnailTimes, type Times, thumbnailTimes } from './thumbnail-times.js'

export type { Thumbnail }

/** Options of {@link thumbnails}. */
export type ThumbnailsOptions = ThumbnailTimes & PictureOptions

/** How {@link thumbnails} makes its images. */
export interface PictureOptions extends TaskOptions {
  /** Width in pixels: 1 to 16,384. The height follows, unless given. @defaultValue the video's own */
  width?: number | undefined
  /** Height in pixels: 1 to 16,384. The width follows, unless given. @defaultValue the video's own */
  height?: number | undefined
  /** The image format. @defaultValue `jpeg` */
  format?: 'jpeg' | 'png' | 'webp' | undefined
  /**
   * Whether each thumbnail is the exact frame shown at its time, also at variable frame rates: the last one
   * that starts by then, even seconds earlier; the first frame before the first, the last one after the last.
   * The default takes the key frame at or before the time: one frame to fetch and decode instead of all since
   * that key frame.
   * @defaultValue false
   */
  exact?: boolean | undefined
  /** The ffprobe that determines the duration, for `every` and `count`. @defaultValue as `probe` finds it */
  ffprobePath?: string | undefined
  /**
   * Limits for each ffmpeg, one per thumbnail.
   * @defaultValue frames of 2²⁷ pixels (16,384 × 8,192), a minute without progress, an hour in total
   */
  limits?: FfmpegLimits | undefined
  /** Number of concurrent thumbnails, 1 to 16; each runs its own ffmpeg. @defaultValue 2 */
  concurrency?: number | undefined
}

const CODECS = { jpeg: 'mjpeg', png: 'png', webp: 'libwebp' } as const
const MAX_SIDE = 16_384
const OWN = ['times', 'every', 'count', 'width', 'height', 'format', 'exact', 'ffprobePath', 'concurrency']

/**
 * Takes thumbnails from a source, in the order of their times, without reading the data in between.
 *
 * It fetches the index, once for all of them, and for each the block or blocks with its frame. Leaving the loop
 * cancels work in progress. Memory: `cacheSize`, and `concurrency` images.
 *
 * Errors: those of `probe` and of {@link FfmpegReadable}; without `exact`, a time past the end of the media is
 * `AVIO_ERR_FFMPEG_NO_OUTPUT`.
 *
 * @example
 * ```ts
 * const source = new S3Source({ client, bucket: 'masters', key: 'talk.mov' })
 * for await (const { time, image } of thumbnails({ source, count: 12, width: 320 })) {
 *   await writeFile(`talk-${time}.jpg`, image)
 * }
 * ```
 * @throws {@link OptionError} for an invalid option, synchronously
 */
export function thumbnails(options: ThumbnailsOptions): AsyncIterable<Thumbnail> {
  knownOptions(optionsObject(options, 'thumbnails'), 'thumbnails', [...TASK_OPTIONS, ...OWN])
  const { source, input, stage } = stageOptions(options, LOOKING)
  const side = { min: 1, max: MAX_SIDE, default: undefined, unit: 'pixels' }
  const width = integerOption(options, 'width', side)
  const height = integerOption(options, 'height', side)
  return taken({
    source,
    input,
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

interface Order extends Taking {
  readonly source: RandomAccess
  readonly times: Times
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
    const isOpen = typeof order.times === 'function'
    const format = isOpen || order.exact ? await formatOf(order, cache, signal) : undefined
    const times = await timesOf(order, cache, format, signal)
    const line = order.exact ? timeLineOf(format!) : undefined
    const take = (time: number) =>
      (line === undefined
        ? takeKey(order, cache, time, signal)
        : takeExact(order, cache, time, line, signal)
      ).catch((error: unknown) => {
        // ffmpeg names a map that no user has written.
        throw (error as Partial<AvioError>).code === 'AVIO_ERR_NO_SUCH_STREAM' ? noVideo(error) : error
      })
    let next = 0
    while (next < times.length || underWay.length > 0) {
      while (next < times.length && underWay.length < order.concurrency) {
        const one = take(times[next++]!)
        // It may fail before its turn; the consumer gets the error at its turn.
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

async function formatOf(
  { ffprobePath, input, stage: { ffmpegPath, env, limits } }: Order,
  cache: BlockCache,
  signal: AbortSignal,
): Promise<MediaFormat> {
  const { format } = await probe(cache, {
    ...{ ffprobePath, ffmpegPath, env, signal, limits: systemLimits(limits) },
    ...input,
  })
  return format
}

async function timesOf(
  { times }: Order,
  cache: BlockCache,
  format: MediaFormat | undefined,
  signal: AbortSignal,
): Promise<readonly number[]> {
  if (typeof times !== 'function') return times
  const length = await lengthOf(cache, format!, signal)
  if (length === undefined) throw noLength()
  return times(length)
}
