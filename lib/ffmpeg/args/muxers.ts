import { FfmpegError } from '../../errors.js'
import { optionError } from '../../options.js'
import { FRAGMENT_DURATION } from './fragmentation.js'
import { meantBy, misnamed } from './misnamed-formats.js'
import { DEFERRED_HEADERS, type DeferredHeaderFormat, deferredHeaderOf } from '../headers/deferred-header.js'
import { COMPLETE, FRAGMENTED, IMPOSSIBLE, LOSSES } from './muxer-table.js'

/** A muxer that streams, by ffmpeg's name. Any other name goes to ffmpeg unchanged: see `docs/formats.md`. */
export type KnownMuxer =
  (typeof COMPLETE)[number] | keyof typeof LOSSES | (typeof FRAGMENTED)[number] | 'null'

/** A muxer whose output can equal a file: `layout: 'file'`. */
export type FileMuxer = DeferredHeaderFormat | Exclude<(typeof FRAGMENTED)[number], 'ismv'>

const fileMuxers = new Set<string>([...DEFERRED_HEADERS, ...FRAGMENTED.filter(name => name !== 'ismv')])

/**
 * Whether a muxer's output can equal a file, so that `layout: 'file'` is allowed. Narrows a name that is known at run
 * time only, for which TypeScript can't choose the layout.
 *
 * @param format - the value of `-f`
 *
 * @example
 * ```ts
 * const output: FfmpegOutputOptions = isFileMuxer(format) ? { format, layout: 'file' } : { format }
 * ```
 */
export function isFileMuxer(format: string): format is FileMuxer {
  return fileMuxers.has(format)
}

/** A muxer whose files carry iTunes metadata, including cover art. */
export type CoverMuxer = 'mp4' | 'ipod'

/** How a muxer behaves on a pipe. */
export interface Muxer {
  /** ffmpeg's name for it: the value of `-f`. */
  readonly name: string
  /**
   * `as-is`: it streams, without `lost`. `with-flags`: it streams with arguments that we add. `unknown`: it is not in
   * our table (a newer ffmpeg, a custom build), and ffmpeg decides.
   */
  readonly streaming: 'as-is' | 'with-flags' | 'unknown'
  /** Whether it writes boxes (ISO/IEC 14496-12). */
  readonly isMp4: boolean
  /** Arguments before the user's, which override them. */
  readonly defaults: readonly string[]
  /** Arguments after the user's. */
  readonly always: readonly string[]
  /** Parts of the file that the stream lacks. */
  readonly lost: string | undefined
  /** Whether a deferred header restores them, for a sink that can write its first bytes last. */
  readonly deferredHeader: boolean
  /** Whether an output of no bytes can be a success: `null` writes nothing. */
  readonly mayBeEmpty: boolean
}

const complete = new Set<string>(COMPLETE)
const fragmented = new Set<string>(FRAGMENTED)
const losses = new Map<string, string>(Object.entries(LOSSES))
const impossible = new Map(Object.entries(IMPOSSIBLE))

const MP4_DEFAULTS = ['-frag_duration', String(FRAGMENT_DURATION)]

/**
 * Subtitles and data are sparse. `delay_moov` waits for the first sample of every track, so one late cue would hold all
 * output back, in memory, and could push the first `moof` over its limit; and in fragments `mov_text` loses the ends
 * of its cues.
 */
const MP4_ALWAYS = ['-sn', '-dn']

const MP4_LOST = 'subtitle and data tracks, and cover art, are dropped; the duration is that of the fragments'

// A `duration` of 0 in onMetaData makes players show 0:00; without the field they determine it themselves.
const FLV_DEFAULTS = ['-flvflags', '+no_duration_filesize']

/**
 * Looks a muxer up by name.
 *
 * @param name - the value of `-f`
 * @param option - the name of the option, for messages
 * @throws {@link OptionError} if the value is not the name of one muxer, with the right name if known
 * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE` if it can't write to a pipe, with an alternative
 */
export function muxerOf(name: string, option = 'output.format'): Muxer {
  const meant = meantBy(name, 'muxer')
  if (meant !== undefined && !impossible.has(meant)) throw misnamed(name, meant, 'muxer', option)
  if (meant === undefined && !/^[a-zA-Z0-9][\w+.-]*$/.test(name)) {
    throw optionError(option, 'the name of one ffmpeg muxer, such as "mp4"', name)
  }
  const row = impossible.get(meant ?? name)
  if (row !== undefined) {
    const [why, instead] = row
    throw new FfmpegError(
      'AVIO_ERR_MUXER_NOT_STREAMABLE',
      `The muxer "${meant ?? name}" of option "${option}" can't write to a stream: ${why}. Use ${instead}.`,
    )
  }
  const isMp4 = fragmented.has(name)
  const known = complete.has(name) || losses.has(name) || name === 'null'
  return {
    name,
    streaming: isMp4 ? 'with-flags' : known ? 'as-is' : 'unknown',
    isMp4,
    defaults: isMp4 ? MP4_DEFAULTS : name === 'flv' ? FLV_DEFAULTS : [],
    always: isMp4 ? MP4_ALWAYS : [],
    lost: isMp4 ? MP4_LOST : losses.get(name),
    deferredHeader: deferredHeaderOf(name) !== undefined,
    mayBeEmpty: name === 'null',
  }
}
