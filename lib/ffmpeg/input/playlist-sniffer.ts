import { FfmpegError } from '../../errors.js'

/**
 * Playlists in the place of media, told by their first bytes.
 *
 * Whether ffmpeg takes a playlist for one depends on its version: 5.1 goes by the text, 7.1 and 9.0 also want the name
 * or the type that a server gives it, and else know no format for it at all; DASH and IMF are left out of some builds.
 * So the two that begin with words of their own are told here, and a stranger's playlist is one error with every
 * ffmpeg.
 */

/** What the text begins with (RFC 8216 §4.3.1.1; ffmpeg's own script), by the demuxer that follows it. */
const BEGINNINGS = { hls: '#EXTM3U', concat: 'ffconcat version ' } as const

/** The demuxer that would follow the playlist that begins with `head`; `undefined` where it is none. */
export function playlistOf(head: Buffer): keyof typeof BEGINNINGS | undefined {
  if (head.toString('latin1', 0, BEGINNINGS.hls.length) === BEGINNINGS.hls) return 'hls'
  // Of a stream that comes in small pieces there may be no more than the first word.
  const text = head.toString('latin1', 0, BEGINNINGS.concat.length)
  return text.length >= 8 && BEGINNINGS.concat.startsWith(text) ? 'concat' : undefined
}

/**
 * The demuxer for an input: the one that the user names, or that of a playlist that may be followed; `undefined` where
 * ffmpeg finds it.
 *
 * @param input - the demuxer that the user names, and those that may open it
 * @param head - its first bytes, eight where there are so many
 * @param name - what errors call it
 * @throws {@link FfmpegError} `AVIO_ERR_FORMAT_REFUSED` for a playlist that may not
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
    `${name} is a playlist ("${playlist}"), not media: it names other files or addresses, none of which was opened. ` +
      'ffmpeg was not started. Give the stage the media themselves; "formatWhitelist" says what else may be opened.',
    { bytesIn: 0, bytesOut: 0 },
  )
}
