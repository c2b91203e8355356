import type { Shortfall } from '../../containers/container-watch.js'
import { AvioError, FfmpegError } from '../../errors.js'

/** Errors that are known without asking ffmpeg: what is wrong with the input is plain from its bytes. */

/** What an input is called that has no name of its own. */
const INPUT = 'The input'

/**
 * The input ended before its first byte.
 *
 * @param name - of the source, where it has one; so with the others
 */
export function emptyInput(name = INPUT): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    `${name} is empty: it ended before its first byte, so ffmpeg was not started. Is the object empty, or was the ` +
      'source read before?',
    { bytesIn: 0, bytesOut: 0 },
  )
}

/** Media come before the index. */
export function needsSeek({ offset, size }: { offset: number; size: number }, name = INPUT): FfmpegError {
  const length = size === Infinity ? 'to the end of the file' : `${size} bytes`
  return new FfmpegError(
    'AVIO_ERR_INPUT_NEEDS_SEEK',
    `${name} is an MP4 whose media come before its index (mdat at byte ${offset}, ${length}, and no moov before ` +
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
      '("discardLimit"). Pipe the source into this stage alone, so that it can be ended, give a generator function ' +
      'as Readable.from(generator()), end the source at the event "enough", or raise the limit.',
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

/** ffmpeg asks for an input that it reads by address again and again, and is not answered. */
export function inputUnreachable(line: string): AvioError {
  return new AvioError(
    'AVIO_ERR_INPUT_UNREACHABLE',
    `ffmpeg can't connect to the server on 127.0.0.1 that it reads its input from, and has tried again and again ` +
      `("${line}"). Look for used-up file descriptors ("ulimit -n"), used-up ports, or a firewall on the loopback ` +
      'interface.',
  )
}

/** Less came than the container states. `bytesIn`: what ffmpeg was given of all its inputs. */
export function inputCut({ container, reason }: Shortfall, which: string, bytesIn: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_PARTIAL',
    `${which} is cut short (${container}): ${reason}. It was truncated when it was written or copied: download or ` +
      'create it again. The output is incomplete and was not stored as complete.',
    { exitCode: 0, bytesIn },
  )
}
