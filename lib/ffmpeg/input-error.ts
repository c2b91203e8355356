import { FfmpegError } from '../errors.js'

/** Errors that are known without asking ffmpeg: what is wrong with the input is plain from its bytes. */

/** The input ended before its first byte. */
export function emptyInput(): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    'The input is empty: it ended before its first byte, so ffmpeg was not started. Is the object empty, or was the ' +
      'source read before?',
    { bytesIn: 0, bytesOut: 0 },
  )
}

/** Media come before the index. */
export function needsSeek({ offset, size }: { offset: number; size: number }): FfmpegError {
  const length = size === Infinity ? 'to the end of the file' : `${size} bytes`
  return new FfmpegError(
    'AVIO_ERR_INPUT_NEEDS_SEEK',
    `The input is an MP4 whose media come before its index (mdat at byte ${offset}, ${length}, and no moov before ` +
      'it): ffmpeg would have to go back, which a pipe does not allow. Pipe a source with random access straight into ' +
      'the stage (S3RangeReadable), name one in "input.source" of FfmpegReadable, or write the file with its index ' +
      'first ("-movflags +faststart") or fragmented.',
  )
}

/** The source goes on and on after ffmpeg had enough. */
export function discardLimit(limit: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_DISCARD_LIMIT',
    `ffmpeg had enough of its input and ended well, but the source went on for more than ${limit} bytes ` +
      '("discardLimit"). Pipe a source that can be stopped straight into the stage (S3RangeReadable), end the ' +
      'source at the event "enough", or raise the limit.',
  )
}

/** The arguments, or the option, want to jump in an input that can only be read in order. */
export function noRandomAccess(why: string): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_NEEDS_SEEK',
    `${why} wants to jump in the input, but what is piped in offers no random access. Pipe a source that does ` +
      'straight into the stage (S3RangeReadable), or name one in "input.source" of FfmpegReadable.',
  )
}
