import { FfmpegError } from '../errors.js'
import type { FfmpegReadable } from '../ffmpeg/ffmpeg-readable.js'
import { InputDump } from '../ffmpeg/report/input-dump.js'

/**
 * Fails `stream` if its input ends before `time`, in seconds, as far as its container states its duration.
 *
 * When seeking past the end, ffmpeg goes to the last key frame and encodes from there, which is not the
 * requested data.
 */
export function failPastEnd(stream: FfmpegReadable, time: number): void {
  const dump = new InputDump()
  stream.on('log', entry => {
    dump.push(entry)
    const duration = dump.info?.format.duration
    if (duration === undefined || time < duration || stream.destroyed) return
    stream.destroy(
      new FfmpegError(
        'AVIO_ERR_FFMPEG_NO_OUTPUT',
        `The source has no data at ${time} s: it is ${duration} s long. Choose an earlier time.`,
      ),
    )
  })
}
