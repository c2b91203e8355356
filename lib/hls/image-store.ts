import { knownOptions, optionError, optionsObject } from '../options.js'
import { nameOption } from './storage/segment-storage.js'
import type { ImageTrack, StoredSheet } from './presentation/presentation.js'
import type { StoredObjects } from './storage/stored-objects.js'

/** A thumbnail on a sheet. */
export interface ImageTile {
  /** Start of its time span, in seconds. */
  readonly start: number
  /** End of its time span, in seconds: the next one's start, or the end of the media. */
  readonly end: number
  /** Left edge on the sheet, in pixels. */
  readonly x: number
  /** Top edge on the sheet, in pixels. */
  readonly y: number
  /** Width in pixels. */
  readonly width: number
  /** Height in pixels. */
  readonly height: number
}

/** An image with thumbnails of one size and one duration, row by row: the output of `storyboard`. */
export interface ImageSheet {
  /** JPEG, PNG or WebP. */
  readonly image: Uint8Array
  /** The time span and position of each thumbnail. */
  readonly tiles: readonly ImageTile[]
}

/** Options of a track of images. */
export interface ImagesOptions {
  /**
   * Its name, and that of its directory.
   * @defaultValue `thumbnails`
   */
  name?: string | undefined
}

/** Checks the options of a track of images, and returns its name. */
export function imagesName(options: ImagesOptions): string {
  knownOptions(optionsObject(options, 'images'), 'images', ['name'])
  return nameOption(options, 'name', { default: 'thumbnails' })
}

/**
 * Stores sheets as they arrive, one after the other; returns `undefined` if there were none.
 *
 * @param folder - the directory of its objects
 * @param prefix - what the names of its sheets begin with, before their number
 */
export async function storeImages(
  name: string,
  folder: string,
  sheets: AsyncIterable<ImageSheet>,
  objects: StoredObjects,
  prefix = 'sheet-',
): Promise<ImageTrack | undefined> {
  const stored: StoredSheet[] = []
  let first: { tile: ImageTile; codec: string; columns: number } | undefined
  for await (const { image, tiles } of sheets) {
    const [tile] = tiles
    if (tile === undefined) throw optionError('sheets', 'sheets of at least one tile each', tiles)
    const { width, height } = tile
    // A last sheet of one row may have fewer tiles than the others, but not a narrower image.
    const columns = first?.columns ?? Math.round(Math.max(...tiles.map(({ x }) => x)) / width) + 1
    const codec = codecOf(image)
    first ??= { tile, codec, columns }
    const file = `${prefix}${String(stored.length + 1).padStart(5, '0')}.${codec === 'jpeg' ? 'jpg' : codec}`
    await objects.put(`${folder}/${file}`, [Buffer.from(image)], { cache: 'segments' })
    stored.push({
      ...{ name: `${folder}/${file}`, offset: 0, byteLength: image.length, isRange: false },
      ...{ duration: tiles.at(-1)!.end - tile.start, tiles: tiles.length, columns },
      rows: Math.round(Math.max(...tiles.map(({ y }) => y)) / height) + 1,
    })
  }
  if (first === undefined) return undefined
  const { tile, codec } = first
  const rates = stored.map(({ byteLength, duration }) => (byteLength * 8) / Math.max(duration, 1))
  return {
    ...{ name, playlist: `${folder}/index.m3u8`, codec, width: tile.width, height: tile.height },
    bandwidth: Math.ceil(Math.max(...rates)),
    sheets: stored,
  }
}

/** By its first bytes. */
function codecOf(image: Uint8Array): string {
  if (image[0] === 0xff && image[1] === 0xd8) return 'jpeg'
  if (image[0] === 0x89 && image[1] === 0x50) return 'png'
  if (image[0] === 0x52 && image[8] === 0x57) return 'webp'
  throw optionError('sheets', 'JPEG, PNG or WebP images', image)
}
