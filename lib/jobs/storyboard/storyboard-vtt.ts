import { integerOption } from '../../options.js'

/** One thumbnail within a sprite sheet. */
export interface SpriteTile {
  /** From when on it stands for the picture, in seconds. */
  readonly start: number
  /** Until when, in seconds: the next one's start, or the end of the media. */
  readonly end: number
  /** Left edge within the sheet, in pixels. */
  readonly x: number
  /** Upper edge within the sheet, in pixels. */
  readonly y: number
  /** Width in pixels. */
  readonly width: number
  /** Height in pixels. */
  readonly height: number
}

/** How tiles lie on a sheet: row by row, from the upper left. */
export interface SpriteGrid {
  /** Tiles in a row. */
  readonly columns: number
  /** Rows of a full sheet. */
  readonly rows: number
  /** Size of a tile, in pixels. */
  readonly width: number
  readonly height: number
}

/** The tiles of one sheet, whose pictures were taken at `times`; `end` is where the last one's time is over. */
export function tilesOf(times: readonly number[], end: number, grid: SpriteGrid): SpriteTile[] {
  return times.map((start, n) => ({
    start,
    end: Math.max(start, times[n + 1] ?? end),
    x: (n % grid.columns) * grid.width,
    y: Math.floor(n / grid.columns) * grid.height,
    width: grid.width,
    height: grid.height,
  }))
}

/** A sheet, as {@link storyboardVtt} has to know it. */
export interface SpriteSheetTiles {
  readonly tiles: readonly SpriteTile[]
}

/**
 * The map of sprite sheets that players read for their seek bar: WebVTT whose cues name a rectangle of an image
 * (https://www.w3.org/TR/webvtt1/, https://www.w3.org/TR/media-frags/#naming-space).
 *
 * @param sheets - in order
 * @param urlOf - the address of the sheet with that number (from 0), as the player will find it
 */
export function storyboardVtt(sheets: readonly SpriteSheetTiles[], urlOf: (sheet: number) => string): string {
  const cues = sheets.flatMap(({ tiles }, sheet) =>
    tiles.map(
      ({ start, end, x, y, width, height }) =>
        `${timestamp(start)} --> ${timestamp(end)}\n${urlOf(sheet)}#xywh=${x},${y},${width},${height}\n`,
    ),
  )
  return `WEBVTT\n\n${cues.join('\n')}`
}

/** `HH:MM:SS.mmm`. */
function timestamp(time: number): string {
  const milliseconds = Math.round(time * 1000)
  const part = (unit: number, of: number, digits: number) =>
    String(Math.floor(milliseconds / unit) % of).padStart(digits, '0')
  return `${part(3_600_000, Infinity, 2)}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}.${part(1, 1000, 3)}`
}

/** The height of a tile: `width` at the picture's own shape, even as most encoders want it. */
export function tileHeight(
  width: number,
  picture: { readonly width: number; readonly height: number },
): number {
  return Math.max(2, 2 * Math.round((width * picture.height) / picture.width / 2))
}

/** Columns and rows of a sheet, checked. */
export function gridOptions(options: object): { columns: number; rows: number } {
  const rule = { min: 1, max: 100, default: 5 }
  return { columns: integerOption(options, 'columns', rule), rows: integerOption(options, 'rows', rule) }
}
