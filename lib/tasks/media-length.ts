import { FfmpegError } from '../errors.js'
import type { MediaFormat } from '../ffmpeg/report/media-info.js'
import type { RandomAccess } from '../io/random-access.js'
import { mediaEnd } from '../matroska/last-cluster.js'
import { timeLineOf } from './shown-picture.js'

/**
 * The duration of media, in seconds: the stated one, or else, for Matroska and WebM, the end of the last cluster.
 * Recordings of browsers state none.
 *
 * @param format - from `probe`
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

/** The error for media of unknown duration. */
export function noLength(): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    'The source does not state its duration, which "every" and "count" need: use "times" instead.',
  )
}
