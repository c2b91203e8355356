import { Mp4Error } from '../../errors.js'
import type { RandomAccess } from '../../io/random-access.js'
import { SourceWindow } from '../../io/sources/source-window.js'
import { KiB, MiB } from '../../options.js'
import { mp4Error } from '../boxes/box-header.js'
import type { Box } from '../boxes/box.js'
import { MAX_HOPS } from '../boxes/limits.js'
import { type Movie, parseMovie } from '../movie/movie.js'
import { TopLevelBoxes } from './top-level-boxes.js'

/** The first read: mostly all of an index in front, or the header of the media that it lies behind. */
const FIRST_READ = 64 * KiB

/** The largest index that is read where nothing else is said. Ten hours of two tracks take about 20 MiB. */
export const MAX_INDEX_SIZE = 64 * MiB

/** What {@link readMovie} found. */
export interface FoundMovie {
  /** The `moov`, whole. */
  readonly box: Box
  readonly movie: Movie
  /** One past its last byte in the source. */
  readonly end: number
  /** For those that go on from here. */
  readonly topLevel: TopLevelBoxes
}

/**
 * Reads the `moov` of an MP4 or MOV, wherever it is, and of the rest only headers: one read of 64 KiB, and where that
 * does not have it, one for each box on the way to it, and one for itself. Media are jumped over.
 *
 * Memory: the `moov`, and 64 KiB.
 *
 * @param source - the file
 * @param signal - gives up; the promise rejects with an `AbortError`
 * @param maxBoxSize - the largest `moov` that is read, in bytes
 * @throws {@link Mp4Error} `AVIO_ERR_MP4_MOOV_MISSING` where there is none, `AVIO_ERR_MP4_BOX_TOO_LARGE`,
 * `AVIO_ERR_MP4_LIMIT` after 1,000 other boxes, and those of {@link TopLevelBoxes} and {@link parseMovie}
 */
export async function readMovie(
  source: RandomAccess,
  signal?: AbortSignal,
  maxBoxSize = MAX_INDEX_SIZE,
): Promise<FoundMovie> {
  return movieIn(new SourceWindow(source, await source.size(signal), signal), maxBoxSize)
}

/** The same through a window that may hold the first bytes already. */
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
      throw mp4Error(
        'AVIO_ERR_MP4_LIMIT',
        header,
        `${MAX_HOPS} boxes came before it, and no moov is among them`,
      )
    }
    offset = header.end
  }
  throw new Mp4Error(
    'AVIO_ERR_MP4_MOOV_MISSING',
    `The file has no moov in its ${size} bytes, and without it nothing of its media can be found. Its writer was ` +
      'ended early, or its end is missing: fetch or write it anew',
    { byteOffset: size },
  )
}
