import type { Argument } from '../../ffmpeg/args/parse-arguments.js'
import { checkOutput } from '../../ffmpeg/args/build-arguments.js'
import type { JobPackage } from '../../job/schema/job.js'
import { usageError } from '../arguments/usage-error.js'

/**
 * An output whose name ends with `.m3u8`: a package of one rendition, which holds video and audio as ffmpeg's HLS muxer
 * would write them. `avio-streams package` makes those with several renditions.
 */

/** Options of ffmpeg's HLS muxer that say what is done in any case. */
const IMPLIED: Readonly<Record<string, RegExp>> = {
  hls_playlist_type: /^vod$/,
  hls_segment_type: /^fmp4$/,
  hls_list_size: /^0$/,
}

/** Options that decide where key frames are. */
const KEY_FRAMES = new Set([
  'g',
  'force_key_frames',
  'keyint_min',
  'x264-params',
  'x265-params',
  'svtav1-params',
])

/** Seconds between key frames, where nothing says otherwise. */
const KEY_SECONDS = 2

/**
 * The package of a playlist.
 *
 * @param place - the playlist, as a job has it
 * @param args - the options before it
 * @param option - its path in the job, for messages: `outputs[0]`
 * @throws {@link OptionError} for options of the HLS muxer that the packager has no counterpart of
 */
export function packageOfPlaylist(place: string, args: readonly Argument[], option: string): JobPackage {
  const hls = args.filter(({ name }) => name.startsWith('hls_'))
  const list = args.filter(argument => !hls.includes(argument)).flatMap(({ tokens }) => tokens)
  const rendition = [
    ...(copiesVideo(args) || args.some(({ name }) => KEY_FRAMES.has(name)) ? [] : keyFrames()),
    ...list,
  ]
  checkOutput({ format: 'mp4', args: rendition }, option)
  const slash = place.lastIndexOf('/')
  return {
    type: 'package',
    prefix: place.slice(0, slash + 1),
    playlist: place.slice(slash + 1),
    ...hls.map(settingOf).reduce((all, one) => ({ ...all, ...one }), {}),
    renditions: [{ name: 'main', args: rendition }],
  }
}

function settingOf({ name, value = '', tokens }: Argument): Partial<JobPackage> {
  if (name === 'hls_time' && /^[1-9]\d?(\.\d+)?$/.test(value))
    return { targetDuration: Math.ceil(Number(value)) }
  if (name === 'hls_flags' && value.replace(/^\+/, '') === 'single_file') return { layout: 'byterange' }
  if (IMPLIED[name]?.test(value) === true) return {}
  throw usageError(
    tokens[0]!,
    `"${tokens.join(' ')}" is not known here: an output that ends with .m3u8 takes -hls_time, and -hls_flags ` +
      'single_file. "avio-streams package --help" shows what else a package can be.',
  )
}

function copiesVideo(args: readonly Argument[]): boolean {
  const isVideo = ({ name, specifier }: Argument) =>
    name === 'vcodec' || ((name === 'c' || name === 'codec') && /^(?:$|v)/i.test(specifier))
  const codec = args.findLast(isVideo)?.value
  return codec === 'copy' || args.some(({ name }) => name === 'vn')
}

function keyFrames(): string[] {
  return ['-force_key_frames', `expr:gte(t,n_forced*${KEY_SECONDS})`]
}
