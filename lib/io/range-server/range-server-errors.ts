import { AvioError, FfmpegError } from '../../errors.js'
import { isOutOfDescriptors, outOfDescriptors } from '../descriptors/out-of-descriptors.js'

/** The error of a child that requested something not served. */
export function notServed(target: string): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_PROTOCOL_REFUSED',
    `ffmpeg requested ${target.slice(0, 200)}, which is not an input of this job: the media refer to another URL, ` +
      'which was not read. Pass each file as an input of its own.',
  )
}

/** The error of a server that can't start or accept a connection. */
export function unservable(cause: unknown): AvioError {
  const what = "The server that ffmpeg reads its input from can't be reached"
  if (isOutOfDescriptors(cause)) return outOfDescriptors(what, cause)
  const message = `${what}: ${(cause as Error).message}. It listens on 127.0.0.1: is there a loopback interface?`
  return new AvioError('AVIO_ERR_INPUT_UNREACHABLE', message, { cause })
}
