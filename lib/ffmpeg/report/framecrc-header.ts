import type { MediaStreamInfo } from './media-info.js'

/**
 * Lists the streams ffmpeg found, in a form that no text of the media can forge: the header that the muxer `framecrc`
 * writes to stdout for a copy of all of them, before the first packet.
 *
 *     #media_type 0: video
 *     #codec_id 0: h264
 *     #dimensions 0: 640x360
 */

/** A stream, by its index in the list. */
export type RosterEntry = Pick<MediaStreamInfo, 'type' | 'codec'>

const TYPES: ReadonlySet<string> = new Set(['video', 'audio', 'subtitle', 'data', 'attachment'])

/**
 * Arguments for it, after those of the input. The file's size is limited to one byte so that ffmpeg stops after the
 * header; with a limit on time or frames it would read to the end for a stream with few packets.
 */
export const ROSTER_ARGS = [
  '-map',
  '0',
  '-c',
  'copy',
  '-copy_unknown',
  '-fs',
  '1',
  '-f',
  'framecrc',
  'pipe:1',
]

/** Reads the output of framecrc. It is empty if ffmpeg can't copy the streams: for example, a video without a size. */
export function readRoster(output: string): RosterEntry[] {
  const roster: { type: MediaStreamInfo['type']; codec: string }[] = []
  for (const [, key, index, value] of output.matchAll(/^#(media_type|codec_id) (\d+): (\S+)$/gm)) {
    const entry = (roster[Number(index)] ??= { type: 'unknown', codec: 'unknown' })
    if (key === 'codec_id') entry.codec = value === 'none' ? 'unknown' : value!
    else if (TYPES.has(value!)) entry.type = value as MediaStreamInfo['type']
  }
  return roster
}

/**
 * The streams of the roster, with their details from the dump. If the dump lacks a stream, contradicts the roster, or
 * lists it twice, only its existence is reported. Without a roster the dump is all there is.
 */
export function withRoster(
  dumped: readonly MediaStreamInfo[],
  roster: readonly RosterEntry[],
): readonly MediaStreamInfo[] {
  if (roster.length === 0) return dumped
  return roster.map(({ type, codec }, index) => {
    const claims = dumped.filter(stream => stream.index === index)
    const [claim] = claims
    const isTrue = claims.length === 1 && claim!.type === type && claim!.codec === codec
    return isTrue ? claim! : { index, type, codec, disposition: [], tags: {} }
  })
}
