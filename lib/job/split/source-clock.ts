import { formatSeconds } from '../grid/rational.js'

/**
 * One clock for all pieces: times from the start of the source, whatever its own clock says; an MPEG-TS may start at
 * any time.
 *
 * ffmpeg's own way, `-start_at_zero`, would not do: it takes the start of the tracks in use, so that video and audio,
 * each by itself, would both begin at 0, wherever they began. The same happens with an offset that is exactly the
 * source's start, so ours is a microsecond more.
 */
export const SOURCE_CLOCK: readonly string[] = ['-copyts']

/**
 * Arguments of the source for that clock.
 *
 * @param start - the time of the source's first packet, in microseconds
 * @param seek - where to start reading, in microseconds after that
 */
export function clockArguments(start: number, seek = 0n): string[] {
  const offset = ['-itsoffset', formatSeconds(1n - BigInt(start))]
  // The filters cut; ffmpeg's own cut does not know the offset.
  return seek === 0n ? offset : [...offset, '-noaccurate_seek', '-ss', formatSeconds(seek)]
}
