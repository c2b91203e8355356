import type { ImageTile } from '../../hls/image-store.js'
import { integerOption, oneOfOption } from '../../options.js'

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

/** Checks the layout and the format of sheets, and adds the defaults. @throws `OptionError` */
export function sheetSettings(options: object) {
  const count = { min: 1, max: 100, default: 5 }
  const side = { min: 2, max: 4096, unit: 'pixels' }
  return {
    columns: integerOption(options, 'columns', count),
    rows: integerOption(options, 'rows', count),
    width: integerOption(options, 'width', { ...side, default: 160 }),
    height: integerOption(options, 'height', { ...side, default: undefined }),
    format: oneOfOption(options, 'format', { values: ['jpeg', 'png', 'webp'], default: 'jpeg' }),
  }
}
