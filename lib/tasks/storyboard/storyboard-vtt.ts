import type { ImageTile } from '../../hls/image-store.js'

/** The part of a sheet that {@link storyboardVtt} needs. */
export interface SpriteSheetTiles {
  /** The time span and position of each thumbnail on the sheet. */
  readonly tiles: readonly ImageTile[]
}

/**
 * The map of thumbnail sheets that players read for their seek bar: WebVTT with cues that name a rectangle of
 * an image
 * (https://www.w3.org/TR/webvtt1/, https://www.w3.org/TR/media-frags/#naming-space).
 *
 * @param sheets - in order
 * @param urlOf - the URL of the sheet with that number (from 0), as the player will request it
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
