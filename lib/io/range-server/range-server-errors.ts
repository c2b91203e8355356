import { AvioError, FfmpegError } from '../../errors.js'
import { isOutOfDescriptors, outOfDescriptors } from '../descriptors/out-of-descriptors.js'

/** The error of a child that asked for what is not served. */
export function notServed(target: string): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_PROTOCOL_REFUSED',
    `ffmpeg asked for ${target.slice(0, 200)}, which is no input of this job: the media name another address, and what ` +
      'lies there was not read. Give each file as an input of its own.',
  )
}

/** The error of a server that can't be started, or can't take a connection. */
export function unservable(cause: unknown): AvioError {
  const what = "The server that ffmpeg reads its input from can't be reached"
  if (isOutOfDescriptors(cause)) return outOfDescriptors(what, cause)
  const message = `${what}: ${(cause as Error).message}. It listens on 127.0.0.1: is there a loopback interface?`
  return new AvioError('AVIO_ERR_INPUT_UNREACHABLE', message, { cause })
}
