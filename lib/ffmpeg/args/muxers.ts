import { FfmpegError } from '../../errors.js'
import { optionError } from '../../options.js'
import { FRAGMENT_DURATION } from './fragmentation.js'
import { meantBy, misnamed } from './misnamed-formats.js'
import { type DeferredHeaderFormat, deferredHeaderOf } from '../headers/deferred-header.js'
import { COMPLETE, FRAGMENTED, IMPOSSIBLE, LOSSES } from './muxer-table.js'

/** A muxer that streams, by ffmpeg's name. Any other is taken too, and ffmpeg decides: see `docs/formats.md`. */
export type KnownMuxer =
  (typeof COMPLETE)[number] | keyof typeof LOSSES | (typeof FRAGMENTED)[number] | 'null'

/** A muxer whose output can be what it would be in a file: `layout: 'file'`. */
export type FileMuxer = DeferredHeaderFormat | Exclude<(typeof FRAGMENTED)[number], 'ismv'>

/** A muxer whose files have the metadata of iTunes, cover art among it. */
export type CoverMuxer = 'mp4' | 'ipod'

/** What is known of a muxer, as one that writes to a pipe. */
export interface Muxer {
  /** ffmpeg's name for it: the value of `-f`. */
  readonly name: string
  /**
   * `as-is`: it streams, at the price of `lost`. `with-flags`: by arguments that we add. `unknown`: it is not in our
   * table (a newer ffmpeg, a build of one's own), and ffmpeg decides.
   */
  readonly streaming: 'as-is' | 'with-flags' | 'unknown'
  /** Whether it writes boxes (ISO/IEC 14496-12). */
  readonly isMp4: boolean
  /** Arguments that go before the user's, which win over them. */
  readonly defaults: readonly string[]
  /** Arguments that go after the user's. */
  readonly always: readonly string[]
  /** What a file would have and the stream has not. */
  readonly lost: string | undefined
  /** Whether a deferred header gives that back: for a sink that can write its first bytes last. */
  readonly deferredHeader: boolean
  /** Whether no byte at all can be a success: `null` writes nothing. */
  readonly mayBeEmpty: boolean
}

const complete = new Set<string>(COMPLETE)
const fragmented = new Set<string>(FRAGMENTED)
const losses = new Map<string, string>(Object.entries(LOSSES))
const impossible = new Map(Object.entries(IMPOSSIBLE))

const MP4_DEFAULTS = ['-frag_duration', String(FRAGMENT_DURATION)]

/**
 * Subtitles and data are sparse. `delay_moov` waits for the first sample of every track, so that one late cue holds
 * all output back, in memory, and may push the first `moof` over its limit; and in fragments `mov_text` loses the
 * ends of its cues.
 */
const MP4_ALWAYS = ['-sn', '-dn']

const MP4_LOST = 'subtitle and data tracks, and cover art, are dropped; the duration is that of the fragments'

// A `duration` of 0 in onMetaData makes players show 0:00; none at all makes them find out.
const FLV_DEFAULTS = ['-flvflags', '+no_duration_filesize']

/**
 * The muxer of that name.
 *
 * @param name - the value of `-f`
 * @param option - the option it comes from, for messages
 * @throws {@link OptionError} for what is no name of one muxer, with the right one where it is known
 * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE` for one that can't write to a pipe, with what to use
 */
export function muxerOf(name: string, option = 'output.format'): Muxer {
  const meant = meantBy(name, 'muxer')
  if (meant !== undefined && !impossible.has(meant)) throw misnamed(name, meant, 'muxer', option)
  if (meant === undefined && !/^[a-zA-Z0-9][\w+.-]*$/.test(name)) {
    throw optionError(option, 'the name of one muxer of ffmpeg, such as "mp4"', name)
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
