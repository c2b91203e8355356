import { knownOptions, optionError, optionsObject } from '../options.js'
import { nameOption } from './storage/segment-storage.js'
import type { ImageTrack, StoredSheet } from './presentation/presentation.js'
import type { StoredObjects } from './storage/stored-objects.js'

/** A picture on a sheet. */
export interface ImageTile {
  /** What it stands for, in seconds. */
  readonly start: number
  readonly end: number
  /** Where it lies and how large it is, in pixels. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** An image of pictures of one size, of which all stand for as long, row by row: what `storyboard` gives. */
export interface ImageSheet {
  /** JPEG, PNG or WebP. */
  readonly image: Uint8Array
  readonly tiles: readonly ImageTile[]
}

/** Options of a track of images. */
export interface ImagesOptions {
  /**
   * Its name, and that of its folder.
   * @defaultValue `thumbnails`
   */
  name?: string | undefined
}

/** Checks the options of a track of images, and gives its name. */
export function imagesName(options: ImagesOptions): string {
  knownOptions(optionsObject(options, 'images'), 'images', ['name'])
  return nameOption(options, 'name', { default: 'thumbnails' })
}

/**
 * Stores sheets as they come, one after the other, and tells of them; `undefined` where none came.
 *
 * @param folder - where its objects lie
 */
export async function storeImages(
  name: string,
  folder: string,
  sheets: AsyncIterable<ImageSheet>,
  objects: StoredObjects,
): Promise<ImageTrack | undefined> {
  const stored: StoredSheet[] = []
  let first: { tile: ImageTile; codec: string; columns: number } | undefined
  for await (const { image, tiles } of sheets) {
    const [tile] = tiles
    if (tile === undefined) throw optionError('sheets', 'of at least one tile each', tiles)
    const { width, height } = tile
    // A last sheet of one row may have fewer tiles than the others, but not a narrower image.
    const columns = first?.columns ?? Math.round(Math.max(...tiles.map(({ x }) => x)) / width) + 1
    const codec = codecOf(image)
    first ??= { tile, codec, columns }
    const file = `sheet-${String(stored.length + 1).padStart(5, '0')}.${codec === 'jpeg' ? 'jpg' : codec}`
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

/** By the first bytes. */
function codecOf(image: Uint8Array): string {
  if (image[0] === 0xff && image[1] === 0xd8) return 'jpeg'
  if (image[0] === 0x89 && image[1] === 0x50) return 'png'
  if (image[0] === 0x52 && image[8] === 0x57) return 'webp'
  throw optionError('sheets', 'of JPEG, PNG or WebP', image)
}
