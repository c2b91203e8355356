import { FfmpegError } from '../errors.js'
import type { FfmpegReadable } from '../ffmpeg/ffmpeg-readable.js'
import { InputDump } from '../ffmpeg/report/input-dump.js'

/**
 * Fails `stream` where its input is over before `time`, in seconds, as far as its container tells how long it is.
 *
 * Asked to begin behind the end, ffmpeg goes to the last key frame there is and makes something of that: what was asked
 * for is none of it.
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
        `Nothing of the source is at ${time} s: its media are ${duration} s long. Choose a time before that.`,
      ),
    )
  })
}
