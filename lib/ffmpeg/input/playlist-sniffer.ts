import { FfmpegError } from '../../errors.js'

/**
 * Detects playlists in place of media by their first bytes.
 *
 * Whether ffmpeg opens a playlist depends on its version: 5.1 judges the text, 7.1 and 9.0 also require the name or the
 * media type from a server, and otherwise find no format at all; some builds omit DASH and IMF. So this module detects
 * the two kinds with a distinctive beginning, and an untrusted playlist causes the same error with every ffmpeg.
 */

/** The beginnings (RFC 8216 §4.3.1.1; ffmpeg's own script), by the demuxer that follows the playlist. */
const BEGINNINGS = { hls: '#EXTM3U', concat: 'ffconcat version ' } as const

/** The demuxer that would follow the playlist beginning with `head`; `undefined` if it is none. */
export function playlistOf(head: Buffer): keyof typeof BEGINNINGS | undefined {
  if (head.toString('latin1', 0, BEGINNINGS.hls.length) === BEGINNINGS.hls) return 'hls'
  // A stream in small pieces may provide no more than the first word.
  const text = head.toString('latin1', 0, BEGINNINGS.concat.length)
  return text.length >= 8 && BEGINNINGS.concat.startsWith(text) ? 'concat' : undefined
}

/**
 * The demuxer for an input: the user's choice, or the demuxer of a permitted playlist; `undefined` if ffmpeg detects
 * it.
 *
 * @param input - the demuxer that the user names, and the permitted ones
 * @param head - its first bytes, eight if available
 * @param name - its name in errors
 * @throws {@link FfmpegError} `AVIO_ERR_FORMAT_REFUSED` for a playlist that is not permitted
 */
export function demuxerOf(
  input: { readonly format: string | undefined; readonly formatWhitelist: readonly string[] },
  head: Buffer,
  name = 'The input',
): string | undefined {
  if (input.format !== undefined) return input.format
  const playlist = playlistOf(head)
  if (playlist === undefined || input.formatWhitelist.includes(playlist)) return playlist
  throw new FfmpegError(
    'AVIO_ERR_FORMAT_REFUSED',
    `${name} is a playlist ("${playlist}"), not media: it names other files or URLs, none of which was opened. ` +
      'ffmpeg did not start. Give the stage the media itself; "formatWhitelist" permits further formats.',
    { bytesIn: 0, bytesOut: 0 },
  )
}
