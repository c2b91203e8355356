import { Mp4Error } from '../../errors.js'
import type { RandomAccess } from '../../io/random-access.js'
import { SourceWindow } from '../../io/sources/source-window.js'
import { KiB, MiB } from '../../options.js'
import { mp4Error } from '../boxes/box-header.js'
import type { Box } from '../boxes/box.js'
import { MAX_HOPS } from '../boxes/limits.js'
import { type Movie, parseMovie } from '../movie/movie.js'
import { TopLevelBoxes } from './top-level-boxes.js'

/** The first read: usually a whole index at the front, or the header of the media before it. */
const FIRST_READ = 64 * KiB

/** The default limit for the index. Ten hours of two tracks take about 20 MiB. */
const MAX_INDEX_SIZE = 64 * MiB

/** Result of {@link readMovie}. */
export interface FoundMovie {
  /** The `moov`, whole. */
  readonly box: Box
  readonly movie: Movie
  /** One past its last byte in the source. */
  readonly end: number
  /** For further reading. */
  readonly topLevel: TopLevelBoxes
}

/**
 * Reads the `moov` of an MP4 or MOV, wherever it is, and only headers of the rest: one read of 64 KiB, and if
 * that does not contain it, one for each box on the way to it, and one for itself. Media are skipped.
 *
 * Memory: the `moov`, and 64 KiB.
 *
 * @param source - the file
 * @param signal - cancels it; the promise rejects with an `AbortError`
 * @param maxBoxSize - the largest `moov` to read, in bytes
 * @throws {@link Mp4Error} `AVIO_ERR_MP4_MOOV_MISSING` if there is none, `AVIO_ERR_MP4_BOX_TOO_LARGE`,
 * `AVIO_ERR_MP4_LIMIT` after 1,000 other boxes, and those of {@link TopLevelBoxes} and {@link parseMovie}
 */
export async function readMovie(
  source: RandomAccess,
  signal?: AbortSignal,
  maxBoxSize = MAX_INDEX_SIZE,
): Promise<FoundMovie> {
  return movieIn(new SourceWindow(source, await source.size(signal), signal), maxBoxSize)
}

/** The same through a window that may already hold the first bytes. */
export async function movieIn(window: SourceWindow, maxBoxSize = MAX_INDEX_SIZE): Promise<FoundMovie> {
  const { size } = window
  if (size === 0) throw new Mp4Error('AVIO_ERR_MP4_EMPTY', 'The file is empty')
  const topLevel = new TopLevelBoxes(window)
  let offset = 0
  for (let hops = 0; ; hops++) {
    const header = await topLevel.boxAt(offset, offset === 0 ? FIRST_READ : undefined)
    if (header === undefined) break
    if (header.type === 'moov') {
      const box = await topLevel.read(header, maxBoxSize)
      return { box, movie: parseMovie(box), end: header.end, topLevel }
    }
    if (hops === MAX_HOPS) {
      throw mp4Error('AVIO_ERR_MP4_LIMIT', header, `${MAX_HOPS} boxes were read without finding a moov`)
    }
    offset = header.end
  }
  throw new Mp4Error(
    'AVIO_ERR_MP4_MOOV_MISSING',
    `The file has no moov in its ${size} bytes, so its media can not be located. Its writer was stopped early, ` +
      'or its end is missing: download or create it again',
    { byteOffset: size },
  )
}
