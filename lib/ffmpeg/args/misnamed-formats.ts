import type { OptionError } from '../../errors.js'
import { optionError } from '../../options.js'
import { SELF_CONTAINED } from './safe-demuxers.js'
import { COMPLETE, FRAGMENTED, IMPOSSIBLE, LOSSES } from './muxer-table.js'

/**
 * Format names that people write from habit (file extensions, MIME types) and that no ffmpeg has, with ffmpeg's own
 * names for them. A test compares the list with the installed binary: it has no format of the first name, and one of
 * the second.
 */

/** ffmpeg's names of a format for writing and for reading; no name if ffmpeg lacks it. */
interface Meant {
  readonly muxer?: string
  readonly demuxer?: string
}

/** The same name both ways. */
const same = (name: string): Meant => ({ muxer: name, demuxer: name })
/** A single image, or a sequence. */
const picture = (demuxer: string): Meant => ({ muxer: 'image2pipe', demuxer })

/** By the given name, in lower case. */
export const MEANT: ReadonlyMap<string, Meant> = new Map<string, Meant>([
  ...['mkv', 'mka', 'mks', 'mk3d', 'x-matroska'].map(name => [name, same('matroska')] as const),
  ['weba', same('webm')],
  ...['m4b', 'm4p', 'm4r', 'f4a'].map(name => [name, { muxer: 'ipod', demuxer: 'mp4' }] as const),
  ['m4a', { muxer: 'ipod' }],
  ['ipod', { demuxer: 'mp4' }],
  ['ismv', { demuxer: 'mp4' }],
  ['psp', { demuxer: 'mp4' }],
  ['f4v', { demuxer: 'mp4' }],
  ...['mpeg4', 'mpeg-4', 'm4s', 'cmaf', 'cmfv', 'cmfa', 'mp4v', 'isma', 'fmp4', 'isom'].map(
    name => [name, same('mp4')] as const,
  ),
  ...['qt', 'quicktime'].map(name => [name, same('mov')] as const),
  ...['ts', 'm2t', 'm2ts', 'mts', 'mp2t', 'tp', 'trp', 'mpeg-ts'].map(
    name => [name, same('mpegts')] as const,
  ),
  ...['mpg', 'ps', 'mpegps', 'mpeg-ps', 'mpe', 'm2p', 'vro', 'evo'].map(
    name => [name, same('mpeg')] as const,
  ),
  ...['vob', 'dvd', 'vcd', 'svcd'].map(name => [name, { demuxer: 'mpeg' }] as const),
  ...['m2v', 'mpeg2'].map(name => [name, { muxer: 'mpeg2video', demuxer: 'mpegvideo' }] as const),
  ...['m1v', 'mpeg1'].map(name => [name, { muxer: 'mpeg1video', demuxer: 'mpegvideo' }] as const),
  ...['mpeg1video', 'mpeg2video'].map(name => [name, { demuxer: 'mpegvideo' }] as const),
  ...['3gpp'].map(name => [name, same('3gp')] as const),
  ...['3gpp2', '3gp2'].map(name => [name, same('3g2')] as const),
  ...['wmv', 'wma', 'wm', 'ms-asf', 'ms-wmv', 'ms-wma'].map(name => [name, same('asf')] as const),
  ['asf_stream', { demuxer: 'asf' }],
  ...['ogv', 'oga', 'spx', 'opus'].map(name => [name, { demuxer: 'ogg' }] as const),
  ...['ogx', 'vorbis', 'theora'].map(name => [name, same('ogg')] as const),
  ...['divx', 'xvid', 'msvideo'].map(name => [name, same('avi')] as const),
  ...['rmvb', 'ra', 'realmedia'].map(name => [name, same('rm')] as const),
  ['aac', { muxer: 'adts' }],
  ['adts', { demuxer: 'aac' }],
  ['latm', { demuxer: 'loas' }],
  ...['wave', 'vnd.wave', 'rf64', 'bwf'].map(name => [name, same('wav')] as const),
  ...['aif', 'aifc'].map(name => [name, same('aiff')] as const),
  ['mpa', { muxer: 'mp2', demuxer: 'mp3' }],
  ['mp2', { demuxer: 'mp3' }],
  ['mp1', { demuxer: 'mp3' }],
  ['snd', same('au')],
  ['wave64', same('w64')],
  ...['mpga', 'mpeg3'].map(name => [name, same('mp3')] as const),
  ...['ec3', 'ec-3', 'e-ac-3'].map(name => [name, same('eac3')] as const),
  ['ac-3', same('ac3')],
  ['thd', same('truehd')],
  ['awb', { muxer: 'amr', demuxer: 'amrwb' }],
  ...['s16le', 's16be', 's24le', 's32le', 'f32le', 'u8'].map(name => [`pcm_${name}`, same(name)] as const),
  ...['pcm', 'raw_audio'].map(name => [name, same('s16le')] as const),
  ...['alac'].map(name => [name, { muxer: 'ipod', demuxer: 'mp4' }] as const),
  ...['h265', 'x265', '265', 'hvc1', 'libx265'].map(name => [name, same('hevc')] as const),
  ...['avc', 'x264', '264', 'avc1', 'libx264'].map(name => [name, same('h264')] as const),
  ...['yuv', 'raw', 'rgb'].map(name => [name, same('rawvideo')] as const),
  ['y4m', same('yuv4mpegpipe')],
  ...['jpg', 'jpeg', 'jpe', 'pjpeg'].map(name => [name, picture('jpeg_pipe')] as const),
  ...['mjpg', 'motion-jpeg'].map(name => [name, same('mjpeg')] as const),
  ['png', picture('png_pipe')],
  ['bmp', picture('bmp_pipe')],
  ...['tif', 'tiff'].map(name => [name, picture('tiff_pipe')] as const),
  ['webp', { demuxer: 'webp_pipe' }],
  ...['jp2', 'j2k', 'jpeg2000'].map(name => [name, picture('j2k_pipe')] as const),
  ...['heic', 'heif'].map(name => [name, { demuxer: 'mov' }] as const),
  ['avif', { demuxer: 'mov' }],
  ...['vp8', 'vp9'].map(name => [name, { muxer: 'webm', demuxer: 'ivf' }] as const),
  ['av1', { muxer: 'ivf' }],
  ...['m3u8', 'm3u', 'mpegurl', 'vnd.apple.mpegurl'].map(name => [name, same('hls')] as const),
  ['mpd', same('dash')],
  ...['vtt', 'web-vtt'].map(name => [name, same('webvtt')] as const),
  ...['subrip', 'x-subrip'].map(name => [name, same('srt')] as const),
  ['ssa', same('ass')],
])

/** Prefixes to remove from a name. */
const RIGHT = {
  muxer: new Set<string>([...COMPLETE, ...FRAGMENTED, ...Object.keys(LOSSES), ...Object.keys(IMPOSSIBLE)]),
  demuxer: new Set(SELF_CONTAINED),
}

/**
 * ffmpeg's name for a format given by another name; `undefined` for any other name.
 *
 * @param name - as given: `mkv`, `.mp4`, `video/x-matroska`
 * @param as - whether to write or to read it
 */
export function meantBy(name: string, as: 'muxer' | 'demuxer'): string | undefined {
  const lower = name.trim().toLowerCase()
  if (lower === 'audio/mpeg') return 'mp3'
  const bare = lower.replace(/^(?:video|audio|image|application|text)\/(?:x-)?/, '').replace(/^\*?\./, '')
  const known = MEANT.get(bare)?.[as]
  if (known !== undefined) return known
  return bare !== name.toLowerCase() && RIGHT[as].has(bare) ? bare : undefined
}

/** The error for a name that ffmpeg spells differently. */
export function misnamed(name: string, meant: string, as: 'muxer' | 'demuxer', option: string): OptionError {
  return optionError(option, `ffmpeg's own name of a ${as}, which is "${meant}" here`, name)
}
