import type { FfmpegReadableOptions } from '../../ffmpeg/ffmpeg-options.js'
import { FfmpegReadable } from '../../ffmpeg/ffmpeg-readable.js'
import { PREPARE, type Prepared, type SourceLook } from '../../ffmpeg/route/source-look.js'
import { booleanOption, knownOptions, optionError, optionsObject, stringsOption } from '../../options.js'
import { failPastEnd } from '../fail-past-end.js'
import {
  ENCODED,
  canBeFiltered,
  exactInput,
  exactOutput,
  leavesOutAudio,
  mapArguments,
  seconds,
  startArguments,
} from './clip-arguments.js'
import { type Span, openingAt, silentTracks } from './clip-look.js'
import { TASK_OPTIONS, type TaskOptions, secondsOption, stageOptions } from '../task-options.js'
import { KEEP_CLOCK } from '../shown-picture.js'

/** Options of {@link clip}. */
export interface ClipOptions extends TaskOptions {
  /** Start of the clip, in seconds from the start of the media: 0 or more. @defaultValue 0 */
  start?: number | undefined
  /** End of the clip, in seconds; greater than `start`. */
  end: number
  /**
   * Whether the clip starts and ends on the exact frame, also at variable frame rates: it starts with the frame
   * shown at `start`, even if that began seconds earlier, and its last frame is shown until `end`, or the end
   * of the media. That requires encoding: the default copies packets, which costs almost no CPU time and no
   * quality: its packets start at the last key frame at or before `start`, and an edit list makes players start
   * at `start`. Players without edit list support show the earlier frames too.
   *
   * Filters in `args` (`-vf`, `-af`) come after ours. Copied video, and your own graphs (`-filter_complex`),
   * are cut by ffmpeg, which drops frames that began before `start`.
   * @defaultValue false
   */
  exact?: boolean | undefined
  /**
   * Arguments for the output, after ours: codecs of an exact clip, filters, maps.
   * @defaultValue `-c copy`; for an exact clip `-c:v libx264 -c:a aac`
   */
  args?: readonly string[] | undefined
}

const COPIED = ['-c', 'copy']

/**
 * Cuts a clip out of a long source: fragmented MP4, with the video and every audio track.
 *
 * An audio track without data between the two times is left out, and a line in `log` (`component: 'avio-streams'`)
 * reports it.
 *
 * It fetches the index, the span between the two times (from the key frame before it on) and the blocks at both ends;
 * `bytesFetched` of the stream counts the bytes. Events, errors, memory: those of {@link FfmpegReadable}. A `start`
 * past the end of the media is `AVIO_ERR_FFMPEG_NO_OUTPUT`.
 *
 * @example
 * ```ts
 * await pipeline(
 *   clip({ source: new S3Source({ client, bucket: 'masters', key: 'match.mov' }), start: 3600, end: 3610 }),
 *   new S3MultipartWritable({ client, bucket: 'web', key: 'goal.mp4' }),
 * )
 * ```
 * @throws {@link OptionError} for an invalid option
 */
export function clip(options: ClipOptions): FfmpegReadable {
  knownOptions(optionsObject(options, 'clip'), 'clip', [...TASK_OPTIONS, 'start', 'end', 'exact', 'args'])
  const { source, input, stage } = stageOptions(options)
  const start = secondsOption(options, 'start', { min: 0, default: 0 })
  const end = secondsOption(options, 'end', { min: 0, default: undefined })
  if (end === undefined || end <= start)
    throw optionError('end', `a number of seconds, more than ${start}`, end)
  const exact = booleanOption(options, 'exact', { default: false })
  const span = { start, end }
  const args = stringsOption(options, 'args')
  const isFiltered = exact && canBeFiltered(args)
  const stream = new FfmpegReadable({
    ...stage,
    // A look determines the final arguments; the progress is computed from these.
    input: { ...input, source, args: [...startArguments(start), '-to', seconds(end)] },
    output: { format: 'mp4', args: [...mapArguments([]), ...(exact ? ENCODED : COPIED), ...args] },
    globalArgs: [...(isFiltered ? KEEP_CLOCK : []), ...stage.globalArgs],
    [PREPARE]: (look: SourceLook) => prepared(look, { span, exact, isFiltered, args }),
  } as FfmpegReadableOptions)
  failPastEnd(stream, start)
  return stream
}

interface Order {
  readonly span: Span
  readonly exact: boolean
  /** Whether our filters make the cut. */
  readonly isFiltered: boolean
  /** The user's own arguments. */
  readonly args: readonly string[]
}

/** Determines from the source how a clip starts, and its audio. */
async function prepared(look: SourceLook, { span, exact, isFiltered, args }: Order): Promise<Prepared> {
  const [silent, opening] = await Promise.all([
    leavesOutAudio(args) ? [] : silenceIn(look, span),
    isFiltered ? openingAt(look, span.start) : undefined,
  ])
  const maps = mapArguments(silent)
  if (opening === undefined) {
    const input = [...startArguments(span.start), '-to', seconds(span.end)]
    return { input, output: [...maps, ...(exact ? ENCODED : COPIED), ...args] }
  }
  return { input: exactInput(span, opening), output: [...maps, ...exactOutput(span, opening, args)] }
}

/** The audio tracks without data in the clip; reported to the user. */
async function silenceIn(look: SourceLook, span: Span): Promise<readonly number[]> {
  const { silent, count } = await silentTracks(look, span)
  if (silent.length > 0) {
    const which = silent.length === count ? 'The clip has no audio' : `The clip lacks some audio tracks`
    const names = silent.map(track => `0:a:${track}`).join(', ')
    look.remark(`${which}: from ${span.start} s to ${span.end} s the source has no data in ${names}.`)
  }
  return silent
}
