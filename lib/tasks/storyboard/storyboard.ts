import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { FfmpegTransform } from '../../ffmpeg/ffmpeg-transform.js'
import { LOOKING, type Limits, systemLimits } from '../../ffmpeg/limits/limits.js'
import { probe } from '../../ffmpeg/probe/probe.js'
import type { MediaInfo } from '../../ffmpeg/report/media-info.js'
import type { ImageSheet } from '../../hls/image-store.js'
import { knownOptions, optionsObject } from '../../options.js'
import { BoundedSource } from '../../io/sources/bounded-source.js'
import { TASK_OPTIONS, taskOptions, stageOptions } from '../task-options.js'
import { lengthOf, noLength } from '../media-length.js'
import { sheetSettings, tileHeight, tilesOf } from './storyboard-tiles.js'
import { type ThumbnailTimes, thumbnailTimes } from '../thumbnails/thumbnail-times.js'
import { noVideo } from '../thumbnails/take-thumbnail.js'
import { type PictureOptions, thumbnails } from '../thumbnails/thumbnails.js'

/** Options of {@link storyboard}. */
export type StoryboardOptions = ThumbnailTimes & SheetOptions

/** How the sheets of {@link storyboard} are made. */
export interface SheetOptions extends PictureOptions {
  /** Tiles in a row: 1 to 100. @defaultValue 5 */
  columns?: number | undefined
  /** Rows of a full sheet: 1 to 100; the last sheet has as many as it needs. @defaultValue 5 */
  rows?: number | undefined
  /** Width of a tile in pixels: 2 to 4,096. @defaultValue 160 */
  width?: number | undefined
  /** Height of a tile in pixels: 2 to 4,096. @defaultValue follows from the width and the shape of the video */
  height?: number | undefined
}

/** One image with many thumbnails; `storyboardVtt` makes the map of them that players read. */
export interface SpriteSheet extends ImageSheet {
  /** The sheet: JPEG, PNG or WebP, as `format` says. */
  readonly image: Buffer
}

const OWN = ['times', 'every', 'count', 'width', 'height', 'format', 'exact', 'ffprobePath', 'concurrency']

/**
 * Takes thumbnails from a source and arranges them on sheets; each sheet is delivered as soon as it is full.
 * `storyboardVtt` makes the map for the player's seek bar.
 *
 * Cost and errors: those of {@link thumbnails}; memory: one sheet's images in addition.
 *
 * @example
 * ```ts
 * const sheets = []
 * for await (const sheet of storyboard({ source, every: 10 })) {
 *   await writeFile(`sheet-${sheets.push(sheet)}.jpg`, sheet.image)
 * }
 * await writeFile('sheets.vtt', storyboardVtt(sheets, n => `sheet-${n + 1}.jpg`))
 * ```
 * @throws {@link OptionError} for an invalid option, synchronously
 */
export function storyboard(options: StoryboardOptions): AsyncIterable<SpriteSheet> {
  knownOptions(optionsObject(options, 'storyboard'), 'storyboard', [
    ...TASK_OPTIONS,
    ...OWN,
    'columns',
    'rows',
  ])
  const { format, ...grid } = sheetSettings(options)
  thumbnailTimes(options)
  const { stage } = stageOptions(options, LOOKING)
  return made({
    options,
    limits: stage.limits,
    ...grid,
    codec: { jpeg: 'mjpeg', png: 'png', webp: 'libwebp' }[format],
  })
}

interface Order extends Omit<ReturnType<typeof sheetSettings>, 'format'> {
  readonly options: StoryboardOptions
  readonly limits: Limits
  readonly codec: string
}

async function* made(order: Order): AsyncGenerator<SpriteSheet, void, undefined> {
  const { options, limits } = order
  const { ffprobePath, ffmpegPath, env, signal, source, formatWhitelist } = options
  const info = await probe(source, {
    ...{ ffprobePath, ffmpegPath, env, signal, formatWhitelist },
    limits: systemLimits(limits),
  })
  const grid = { ...order, height: order.height ?? tileHeight(order.width, shapeOf(info)) }
  const duration = await lengthOf(new BoundedSource(source), info.format, signal)
  const known = thumbnailTimes(options)
  if (typeof known === 'function' && duration === undefined) throw noLength()
  const times = typeof known === 'function' ? known(duration!) : known
  const size = order.columns * order.rows
  let images: Buffer[] = []
  let first = 0
  // Lossless in between: only the sheet itself is compressed.
  const tiles = thumbnails({
    ...taskOptions(options),
    ...{ times, exact: options.exact, concurrency: options.concurrency },
    ...{ format: 'png', width: grid.width, height: grid.height, limits },
  })
  for await (const { image } of tiles) {
    images.push(image)
    const isLast = first + images.length === times.length
    if (images.length < size && !isLast) continue
    const own = times.slice(first, first + images.length)
    const end = times[first + images.length] ?? duration ?? own.at(-1)!
    yield { image: await sheetOf(images, grid, order), tiles: tilesOf(own, end, grid) }
    first += images.length
    images = []
  }
}

async function sheetOf(images: readonly Buffer[], grid: { columns: number }, order: Order): Promise<Buffer> {
  const { ffmpegPath, globalArgs, env, signal, killTimeout } = order.options
  const tile = `tile=${grid.columns}x${Math.ceil(images.length / grid.columns)}`
  const ffmpeg = new FfmpegTransform({
    ...{ ffmpegPath, globalArgs, env, signal, killTimeout, limits: systemLimits(order.limits) },
    input: { format: 'png_pipe' },
    output: { format: 'image2pipe', args: ['-vf', tile, '-frames:v', '1', '-c:v', order.codec] },
  })
  const sheet = buffer(ffmpeg)
  Readable.from(images).pipe(ffmpeg)
  return sheet
}

/** The display aspect ratio of the video. */
function shapeOf(info: MediaInfo): { width: number; height: number } {
  const video = info.streams.find(
    stream => stream.type === 'video' && !stream.disposition.includes('attached_pic'),
  )
  if (video?.width === undefined || video.height === undefined) {
    throw noVideo()
  }
  const { width, height, rotation = 0 } = video
  return rotation % 180 === 0 ? { width, height } : { width: height, height: width }
}
