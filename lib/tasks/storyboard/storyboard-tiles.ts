import type { ImageTile } from '../../hls/image-store.js'
import { integerOption } from '../../options.js'

/** The layout of tiles on a sheet: row by row, from the top left. */
export interface SpriteGrid {
  /** Tiles per row. */
  readonly columns: number
  /** Rows of a full sheet. */
  readonly rows: number
  /** Size of a tile, in pixels. */
  readonly width: number
  readonly height: number
}

/** The tiles of one sheet for the given `times`; `end` is the end of the last one's time span. */
export function tilesOf(times: readonly number[], end: number, grid: SpriteGrid): ImageTile[] {
  return times.map((start, n) => ({
    start,
    end: Math.max(start, times[n + 1] ?? end),
    x: (n % grid.columns) * grid.width,
    y: Math.floor(n / grid.columns) * grid.height,
    width: grid.width,
    height: grid.height,
  }))
}

/** The height of a tile: from `width` and the video's aspect ratio, even as most encoders require. */
export function tileHeight(
  width: number,
  picture: { readonly width: number; readonly height: number },
): number {
  return Math.max(2, 2 * Math.round((width * picture.height) / picture.width / 2))
}

/** The checked columns and rows of a sheet. */
export function gridOptions(options: object): { columns: number; rows: number } {
  const rule = { min: 1, max: 100, default: 5 }
  return { columns: integerOption(options, 'columns', rule), rows: integerOption(options, 'rows', rule) }
}
