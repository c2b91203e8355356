import type { Shortfall } from '../../containers/container-watch.js'
import { AvioError, FfmpegError } from '../../errors.js'

/** Errors that the library detects from the input's bytes, without asking ffmpeg. */

/** How to let ffmpeg seek, in the words of the stages, of a job, and of the command. */
export const LET_IT_SEEK =
  'Store it first; then pipe S3RangeReadable directly into the stage, pass a source as "input.source" of ' +
  'FfmpegReadable, or give a job or the command its location instead of "-"'

/** The name of an unnamed input. */
const INPUT = 'The input'

/**
 * The error for an input that ended before its first byte.
 *
 * @param name - the name of the source, if it has one; likewise below
 */
export function emptyInput(name = INPUT): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    `${name} is empty: it ended before its first byte, so ffmpeg did not start. Check that the object is not empty ` +
      'and that nothing has read the source before.',
    { bytesIn: 0, bytesOut: 0 },
  )
}

/** The error for media before the index. */
export function needsSeek({ offset, size }: { offset: number; size: number }, name = INPUT): FfmpegError {
  const length = size === Infinity ? 'to the end of the file' : `${size} bytes`
  return new FfmpegError(
    'AVIO_ERR_INPUT_NEEDS_SEEK',
    `${name} is an MP4 whose media come before its index (mdat at byte ${offset}, ${length}, and no moov before ` +
      `it): ffmpeg would have to seek back, which a pipe does not support. ${LET_IT_SEEK}. Or write the file with ` +
      'its index first ("-movflags +faststart") or fragmented.',
  )
}

/** The error for a source that does not end after ffmpeg stopped reading. */
export function discardLimit(limit: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_DISCARD_LIMIT',
    `ffmpeg finished without the rest of its input, but the source continued for more than ${limit} bytes ` +
      '("discardLimit"). Pipe the source into this stage only, so that the stage can end it; pass a generator ' +
      'function as Readable.from(generator()); end the source at the event "early-exit"; or raise the limit.',
  )
}

/** The error for arguments or an option that need to seek in an input without random access. */
export function noRandomAccess(why: string): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_NEEDS_SEEK',
    `${why} needs to seek in the input, but the piped stream has no random access. ${LET_IT_SEEK}.`,
  )
}

/** The error for an input over HTTP that ffmpeg requested repeatedly without a response. */
export function inputUnreachable(line: string): AvioError {
  return new AvioError(
    'AVIO_ERR_INPUT_UNREACHABLE',
    `ffmpeg can't connect to the server on 127.0.0.1 that serves its input, after several attempts ("${line}"). ` +
      `Check for exhausted file descriptors ("ulimit -n"), exhausted ports, or a firewall on the loopback ` +
      'interface.',
  )
}

/** The error for an input shorter than its container states. `bytesIn`: bytes of all inputs fed to ffmpeg. */
export function inputCut({ container, reason }: Shortfall, which: string, bytesIn: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_PARTIAL',
    `${which} is truncated (${container}): ${reason}. It was truncated when it was written or copied: download or ` +
      'create it again. The output is incomplete and was not stored as complete.',
    { exitCode: 0, bytesIn },
  )
}
