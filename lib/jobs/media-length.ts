import { FfmpegError } from '../errors.js'
import type { MediaFormat } from '../ffmpeg/report/media-info.js'
import type { RandomAccess } from '../io/random-access.js'
import { mediaEnd } from '../matroska/last-cluster.js'
import { timeLineOf } from './shown-picture.js'

/**
 * How long media are, in seconds: as they state, else, of Matroska and WebM, by their last cluster. What a browser
 * records states nothing.
 *
 * @param format - what `probe` says of them
 */
export async function lengthOf(
  source: RandomAccess,
  format: Pick<MediaFormat, 'duration' | 'startTime' | 'names'>,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const { duration, names } = format
  if (duration !== undefined && duration > 0) return duration
  if (!names.includes('matroska')) return undefined
  const end = await mediaEnd(source, signal)
  const length = end === undefined ? 0 : end - timeLineOf(format).start
  return length > 0 ? length : undefined
}

/** The error of media whose length can't be told. */
export function noLength(): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    'How long the media are can\'t be told from the source, so "every" and "count" have no meaning: give "times".',
  )
}
