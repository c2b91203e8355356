import { formatSeconds } from '../grid/rational.js'

/**
 * One clock for all pieces: times count from the start of the source, whatever its own timestamps; an MPEG-TS may start
 * at any time.
 *
 * ffmpeg's `-start_at_zero` does not work here: it uses the start of the selected tracks, so that video and audio, read
 * separately, would both begin at 0 and lose their offset. An offset equal to the source's start does the same, so this
 * one is a microsecond more.
 */
export const SOURCE_CLOCK: readonly string[] = ['-copyts']

/**
 * Input arguments for that clock.
 *
 * @param start - the time of the source's first packet, in microseconds
 * @param seek - where to start reading, in microseconds after that
 */
export function clockArguments(start: number, seek = 0n): string[] {
  const offset = ['-itsoffset', formatSeconds(1n - BigInt(start))]
  // The filters cut, because ffmpeg's accurate seek ignores the offset.
  return seek === 0n ? offset : [...offset, '-noaccurate_seek', '-ss', formatSeconds(seek)]
}
