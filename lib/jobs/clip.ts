import { FfmpegReadable } from '../ffmpeg/ffmpeg-readable.js'
import { booleanOption, knownOptions, optionError, optionsObject, stringsOption } from '../options.js'
import { failBehindEnd } from './behind-end.js'
import { JOB_OPTIONS, type JobOptions, secondsOption, stageOptions } from './job-options.js'

/** Options of {@link clip}. */
export interface ClipOptions extends JobOptions {
  /** Where the clip begins, in seconds from the start of the media: 0 up. @defaultValue 0 */
  start?: number | undefined
  /** Where it ends, in seconds; more than `start`. */
  end: number
  /**
   * Whether it begins and ends on the very frame. That takes encoding: the default copies packets, which costs next to
   * no CPU time and no quality: its packets begin at the last key frame at or before `start`, and an edit list has
   * players begin at `start`. One that does not know edit lists shows what comes before, too.
   * @defaultValue false
   */
  exact?: boolean | undefined
  /**
   * Arguments for the output, after ours: codecs of an exact clip, filters, maps.
   * @defaultValue `-c copy`; for an exact clip `-c:v libx264 -c:a aac`
   */
  args?: readonly string[] | undefined
}

const STREAMS = ['-map', '0:V?', '-map', '0:a?']

/**
 * Cuts a clip out of a long source: fragmented MP4, with the picture and every sound track.
 *
 * What is fetched is the index, the span between the two times (from the key frame before it on) and the blocks at its
 * ends; `bytesFetched` of the stream tells. Events, errors, memory: those of {@link FfmpegReadable}. A `start` behind the
 * end of the media is `AVIO_ERR_FFMPEG_NO_OUTPUT`.
 *
 * @example
 * ```ts
 * await pipeline(
 *   clip({ source: new S3Object({ client, bucket: 'masters', key: 'match.mov' }), start: 3600, end: 3610 }),
 *   new S3MultipartWritable({ client, bucket: 'web', key: 'goal.mp4', contentType: 'video/mp4' }),
 * )
 * ```
 * @throws {@link OptionError} for an option that breaks its rule
 */
export function clip(options: ClipOptions): FfmpegReadable {
  knownOptions(optionsObject(options, 'clip'), 'clip', [...JOB_OPTIONS, 'start', 'end', 'exact', 'args'])
  const { source, stage } = stageOptions(options)
  const start = secondsOption(options, 'start', { min: 0, default: 0 })
  const end = secondsOption(options, 'end', { min: 0, default: undefined })
  if (end === undefined || end <= start)
    throw optionError('end', `a number of seconds, more than ${start}`, end)
  const exact = booleanOption(options, 'exact', { default: false })
  const codecs = exact ? ['-c:v', 'libx264', '-c:a', 'aac'] : ['-c', 'copy']
  const stream = new FfmpegReadable({
    ...stage,
    input: { source, args: ['-ss', seconds(start), '-to', seconds(end)] },
    output: { format: 'mp4', args: [...STREAMS, ...codecs, ...stringsOption(options, 'args')] },
  })
  failBehindEnd(stream, start)
  return stream
}

/** A time as ffmpeg reads it: to the microsecond, which is its own grain, and never with an exponent. */
export function seconds(time: number): string {
  return time.toFixed(6)
}
