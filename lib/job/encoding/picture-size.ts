import type { Argument } from '../../ffmpeg/args/parse-arguments.js'

/** Width and height of a video, in pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** A `scale` filter with two numbers: `scale=1280:-2`, `scale=w=1280:h=720`. */
const SCALE = /(?:^|,)\s*scale=(?:w(?:idth)?=)?(-?\d+)(?::|x)(?:h(?:eight)?=)?(-?\d+)(?=$|[:,])/g

/**
 * The size of an encoding's pictures, as far as the arguments state it in numbers: that of `-s`, else that of the last
 * `scale` filter, else the source's. For an estimate: expressions and other filters count as no change.
 */
export function pictureSize(
  { filters, args }: { readonly filters: string; readonly args: readonly Argument[] },
  source: PictureSize,
): PictureSize {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(args.findLast(({ name }) => name === 's')?.value ?? '') ?? []
  if (width !== undefined) return { width: Number(width), height: Number(height) }
  const [, wide, high] = [...filters.matchAll(SCALE)].at(-1) ?? []
  return wide === undefined ? source : scaled(Number(wide), Number(high), source)
}

/** The size with `scale`'s rules: 0 keeps the source's, and a negative number follows the other one. */
function scaled(wide: number, high: number, source: PictureSize): PictureSize {
  const width = wide === 0 ? source.width : wide
  const height = high === 0 ? source.height : high
  if (width > 0 && height > 0) return { width, height }
  if (width > 0) return { width, height: even((width * source.height) / source.width) }
  if (height > 0) return { width: even((height * source.width) / source.height), height }
  return source
}

function even(length: number): number {
  return Math.max(2, 2 * Math.round(length / 2))
}
