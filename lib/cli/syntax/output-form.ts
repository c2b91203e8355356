import type { Argument } from '../../ffmpeg/args/parse-arguments.js'
import { isFileMuxer, muxerOf } from '../../ffmpeg/args/muxers.js'
import { shownLocation } from '../../job/schema/location.js'
import { endingOf } from '../arguments/place.js'
import { usageError } from '../arguments/usage-error.js'

/**
 * The form of an output: its muxer, by `-f` or the ending of its name, and its layout. The endings are ffmpeg's own,
 * so that the same command line gives the same kind of file.
 */

/** ffmpeg's muxer for each ending. */
export const MUXERS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    mp4: 'mp4',
    mov: 'mov',
    ipod: 'm4v m4a m4b',
    '3gp': '3gp',
    '3g2': '3g2',
    f4v: 'f4v',
    ismv: 'ismv isma',
    matroska: 'mkv mka',
    webm: 'webm',
    mpegts: 'ts m2t m2ts mts',
    mpeg: 'mpg mpeg',
    vob: 'vob',
    avi: 'avi',
    flv: 'flv',
    asf: 'wmv wma asf',
    mxf: 'mxf',
    nut: 'nut',
    ogg: 'ogg',
    oga: 'oga',
    ogv: 'ogv',
    opus: 'opus',
    spx: 'spx',
    mp3: 'mp3',
    mp2: 'mp2 m2a mpa',
    adts: 'aac adts',
    ac3: 'ac3',
    eac3: 'eac3 ec3',
    dts: 'dts',
    flac: 'flac',
    wav: 'wav',
    au: 'au',
    caf: 'caf',
    wv: 'wv',
    tta: 'tta',
    amr: 'amr',
    gif: 'gif',
    webp: 'webp',
    ivf: 'ivf',
    obu: 'obu',
    h264: 'h264 264',
    hevc: 'hevc h265 265',
    mpeg2video: 'm2v',
    yuv4mpegpipe: 'y4m',
    rawvideo: 'yuv rgb',
    srt: 'srt',
    webvtt: 'vtt',
    ass: 'ass ssa',
    ttml: 'ttml',
    dv: 'dv',
  }).flatMap(([muxer, endings]) => endings.split(' ').map(ending => [`.${ending}`, muxer])),
)

/** The encoder that ffmpeg chooses for each ending of a single image. */
export const IMAGES: Readonly<Record<string, string>> = {
  '.jpg': 'mjpeg',
  '.jpeg': 'mjpeg',
  '.png': 'png',
  '.bmp': 'bmp',
  '.tif': 'tiff',
  '.tiff': 'tiff',
}

/** What does the work of the muxers that write several files. */
const SUBCOMMANDS: Readonly<Record<string, string>> = {
  hls: 'Use "avio-streams package INPUT s3://bucket/prefix/ --ladder 1080,720,360", or an output that ends with .m3u8.',
  dash: 'Use "avio-streams package INPUT s3://bucket/prefix/ --ladder 1080,720,360 --mpd manifest.mpd".',
  segment: 'Use "avio-streams package INPUT s3://bucket/prefix/".',
  stream_segment: 'Use "avio-streams package INPUT s3://bucket/prefix/".',
  ssegment: 'Use "avio-streams package INPUT s3://bucket/prefix/".',
  smoothstreaming: 'Use "avio-streams package INPUT s3://bucket/prefix/ --mpd manifest.mpd".',
  image2:
    'For one image leave -f out, with -frames:v 1 and an ending such as .jpg. For several use "avio-streams ' +
    'thumbnails INPUT s3://bucket/prefix/ --every 10".',
  tee: 'List several outputs, each with its options before it: one decoder feeds all of them.',
}

/** Flags and options that ask for a fragmented MP4. */
const FRAGMENT_FLAGS =
  /(?:^|\+)(?:frag_keyframe|frag_custom|frag_every_frame|empty_moov|dash|cmaf|isml)(?=$|[+-])/
const FRAGMENT_OPTIONS = new Set(['frag_duration', 'frag_size', 'min_frag_duration'])

/** How an output is written. */
export interface OutputForm {
  readonly format: string
  /** As a file; otherwise as to a pipe. */
  readonly layout?: 'file'
  /** Arguments that the ending stands for, before the user's. */
  readonly args: readonly string[]
}

/**
 * The form of an output.
 *
 * @param place - where it goes, as a job has it
 * @param format - the value of `-f`
 * @param args - its other options
 * @param option - its path in the job, for messages: `outputs[0]`
 * @throws {@link OptionError} without a known ending and without `-f`, and for muxers that write several files
 * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`
 */
export function outputForm(
  place: string,
  format: string | undefined,
  args: readonly Argument[],
  option: string,
): OutputForm {
  const subcommand = format === undefined ? undefined : SUBCOMMANDS[format]
  if (subcommand !== undefined)
    throw usageError(`-f ${format ?? ''}`, `"-f ${format ?? ''}" writes several files. ${subcommand}`)
  if (format === undefined && place !== '-' && endingOf(place) in IMAGES) return imageForm(place, args)
  const muxer = format ?? MUXERS[endingOf(place)]
  if (muxer === undefined) throw noFormat(place)
  muxerOf(muxer, `${option}.format`)
  const isFile = place !== '-' && isFileMuxer(muxer) && !(isMp4(muxer) && isFragmented(args))
  return { format: muxer, ...(isFile && { layout: 'file' }), args: [] }
}

/** Whether the options ask for fragments. */
export function isFragmented(args: readonly Argument[]): boolean {
  return args.some(
    ({ name, value = '' }) =>
      FRAGMENT_OPTIONS.has(name) || (name === 'movflags' && FRAGMENT_FLAGS.test(value)),
  )
}

function isMp4(muxer: string): boolean {
  return muxerOf(muxer).isMp4
}

/** ffmpeg's muxer of image files writes one file an image, and refuses a second one under the same name. */
function imageForm(place: string, args: readonly Argument[]): OutputForm {
  const isOne = args.some(({ name, value }) => (name === 'frames' || name === 'vframes') && value === '1')
  if (!isOne) {
    throw usageError(
      place,
      `"${shownLocation(place)}" holds one image: add -frames:v 1 before it. For several use ` +
        '"avio-streams thumbnails INPUT s3://bucket/prefix/ --every 10".',
    )
  }
  return { format: 'image2pipe', args: ['-c:v', IMAGES[endingOf(place)]!] }
}

function noFormat(place: string) {
  const shown = shownLocation(place)
  if (place === '-')
    return usageError(
      '-',
      'Standard output has no ending that tells its format: add -f, such as -f matroska.',
    )
  const endings = '.mp4 .mov .m4a .mkv .webm .ts .mp3 .wav .flac .ogg .opus .jpg .png .m3u8 …'
  return usageError(
    place,
    `The ending of "${shown}" names no format: add -f before it, such as -f mp4, or use one of ${endings}`,
  )
}
