import { parseArguments } from './parse-arguments.js'
import type { FfmpegLogEntry } from '../log/log.js'

/**
 * A track that begins minutes after the others, or never. `delay_moov` has ffmpeg wait for the first sample of each,
 * with all that comes before it in memory, and then write one fragment of it, too large for a pipe. So that is noticed,
 * and the inputs are read again with the `moov` first (`empty_moov`) and with times as they are; the edit lists that
 * ffmpeg could not know by then are written here (mp4/rewrite/edit-list-writer.ts).
 *
 * The very same comes of the flags `empty_moov` and `frag_discont`, given by the user: for an input that can be read
 * once.
 */

/** Arguments beside the flags: times as they are, below 0 too, and no edit lists of ffmpeg's own. */
export const TRUE_TIMES: readonly string[] = ['-avoid_negative_ts', 'disabled', '-use_editlist', '0']

/** Flags of fragments that are made otherwise. */
const OTHERWISE = ['cmaf', 'dash', 'isml', 'negative_cts_offsets', 'delay_moov', 'omit_tfhd_offset']

/** Whether `-movflags` ask for a `moov` that waits for nothing, and for true times. */
export function hasTrueTimes(flags: readonly string[]): boolean {
  const asked = ['empty_moov', 'frag_discont', 'default_base_moof']
  return asked.every(flag => flags.includes(flag)) && !OTHERWISE.some(flag => flags.includes(flag))
}

/** The flags that do not wait, in place of those that do. The index at the end (`mfra`) would name the old places. */
export function withTrueTimes(flags: readonly string[]): string[] {
  const kept = flags.filter(flag => flag !== 'delay_moov')
  return [...new Set([...kept, 'empty_moov', 'frag_discont', 'skip_trailer'])]
}

/**
 * How much media may have gone into an output of which nothing has come, in seconds: ffmpeg itself waits up to 10 s for
 * a track, to put packets in order, and a fragment has 2 s.
 */
const PATIENCE = 15

/** Options with which a fragment may be longer than ours. */
const LENGTHS: ReadonlySet<string> = new Set(['frag_duration', 'min_frag_duration', 'frag_size'])

/** Sound whose description ffmpeg takes from the first packet: without it there is no `moov`. */
const TOLD_BY_PACKETS = /^ {2,4}Stream #\d+:\d+.*: Audio: (?:ac3|eac3)\b/

/** Notices that an output waits for a track that does not begin. */
export class LateTrackWatch {
  readonly #isAble: boolean
  #isOutput = false
  #needsPackets = false
  #reports = 0

  /**
   * @param args - of the output
   * @param flags - its `-movflags`, all of them
   */
  constructor(args: readonly string[], flags: readonly string[]) {
    const isLong = parseArguments(args, 'output.args').some(({ name }) => LENGTHS.has(name))
    const rest = flags.filter(flag => flag !== 'delay_moov')
    const isPlain = flags.includes('delay_moov') && hasTrueTimes(withTrueTimes(rest))
    this.#isAble = isPlain && !isLong
  }

  /** Whether the output could be made without waiting. */
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
   * ffmpeg tells how far it is. Whether the output waits: what has come may still be on its way, so it is asked twice.
   *
   * @param outTime - seconds that were muxed
   * @param bytes - that have come of the output
   */
  isWaiting(outTime: number, bytes: number): boolean {
    if (bytes > 0 || outTime < PATIENCE) return false
    return this.isAble && ++this.#reports > 1
  }
}
