import { parseArguments } from './parse-arguments.js'
import type { FfmpegLogEntry } from '../log/log.js'

/**
 * Handles a track that begins minutes after the others, or never. With `delay_moov`, ffmpeg waits for the first sample
 * of each track, holds everything before it in memory, and then writes it as one fragment, too large for a pipe. The
 * library detects this and reads the inputs again with the `moov` first (`empty_moov`) and with unshifted times; it
 * writes the edit lists itself (mp4/rewrite/edit-list-writer.ts), because ffmpeg can't know them yet.
 *
 * The user's own flags `empty_moov` and `frag_discont` have the same effect, for an input that can be read only once.
 */

/** Arguments beside the flags: unshifted times, also below 0, and no edit lists by ffmpeg. */
export const TRUE_TIMES: readonly string[] = ['-avoid_negative_ts', 'disabled', '-use_editlist', '0']

/** Flags that change how fragments are written. */
const OTHERWISE = ['cmaf', 'dash', 'isml', 'negative_cts_offsets', 'delay_moov', 'omit_tfhd_offset']

/** Whether `-movflags` request a `moov` that waits for nothing, and unshifted times. */
export function hasTrueTimes(flags: readonly string[]): boolean {
  const asked = ['empty_moov', 'frag_discont', 'default_base_moof']
  return asked.every(flag => flags.includes(flag)) && !OTHERWISE.some(flag => flags.includes(flag))
}

/** Replaces flags that wait with flags that don't. The index at the end (`mfra`) would hold outdated offsets. */
export function withTrueTimes(flags: readonly string[]): string[] {
  const kept = flags.filter(flag => flag !== 'delay_moov')
  return [...new Set([...kept, 'empty_moov', 'frag_discont', 'skip_trailer'])]
}

/**
 * Seconds of media that may go into an output before its first byte: ffmpeg itself waits up to 10 s for a track, to
 * interleave packets, and a fragment lasts 2 s.
 */
const PATIENCE = 15

/** Options that allow fragments longer than ours. */
const LENGTHS: ReadonlySet<string> = new Set(['frag_duration', 'min_frag_duration', 'frag_size'])

/** Audio whose parameters ffmpeg takes from the first packet: without it there is no `moov`. */
const TOLD_BY_PACKETS = /^ {2,4}Stream #\d+:\d+.*: Audio: (?:ac3|eac3)\b/

/** Detects an output that waits for a track that does not begin. */
export class LateTrackWatch {
  readonly #isAble: boolean
  #isOutput = false
  #needsPackets = false
  #reports = 0

  /**
   * @param args - the output's arguments
   * @param flags - all of its `-movflags`
   */
  constructor(args: readonly string[], flags: readonly string[]) {
    const isLong = parseArguments(args, 'output.args').some(({ name }) => LENGTHS.has(name))
    const rest = flags.filter(flag => flag !== 'delay_moov')
    const isPlain = flags.includes('delay_moov') && hasTrueTimes(withTrueTimes(rest))
    this.#isAble = isPlain && !isLong
  }

  /** Whether ffmpeg could write the output without waiting. */
  get isAble(): boolean {
    return this.#isAble && !this.#needsPackets
  }

  /** Takes the next entry of the log. */
  see({ level, message }: FfmpegLogEntry): void {
    if (level !== 'info') return
    if (!message.startsWith(' ')) this.#isOutput = message.startsWith('Output #')
    else if (this.#isOutput && TOLD_BY_PACKETS.test(message)) this.#needsPackets = true
  }

  /**
   * Whether the output waits, by ffmpeg's progress. Bytes may still be on their way, so it takes two reports.
   *
   * @param outTime - seconds muxed so far
   * @param bytes - output bytes received so far
   */
  isWaiting(outTime: number, bytes: number): boolean {
    if (bytes > 0 || outTime < PATIENCE) return false
    return this.isAble && ++this.#reports > 1
  }
}
