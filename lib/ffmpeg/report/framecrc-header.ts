import type { MediaStreamInfo } from './media-info.js'

/**
 * Which streams ffmpeg found, in a form that no text of the media can forge: the header that its muxer `framecrc`
 * writes to stdout for a copy of all of them, before the first packet.
 *
 *     #media_type 0: video
 *     #codec_id 0: h264
 *     #dimensions 0: 640x360
 */

/** A stream by its place in the list. */
export type RosterEntry = Pick<MediaStreamInfo, 'type' | 'codec'>

const TYPES: ReadonlySet<string> = new Set(['video', 'audio', 'subtitle', 'data', 'attachment'])

/**
 * Arguments for it, after the input's. The file's size is limited to a byte so that ffmpeg stops when the header is
 * written; a time or a number of frames would let it read on to the end for a stream with few packets.
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

/** Reads what framecrc wrote. It is empty where ffmpeg can't copy the streams: of a picture without a size, say. */
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
 * The streams of the roster, with what the dump says of them: of one that the dump has not, has as something else, or
 * has twice, no more than that it is there. Without a roster the dump is all there is.
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
