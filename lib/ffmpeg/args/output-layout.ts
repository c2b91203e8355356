import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { FaststartBuilder } from '../../mp4/faststart/faststart-builder.js'
import { MiB, optionError } from '../../options.js'
import { parseArguments, refused } from './parse-arguments.js'
import { DEFAULT_MOVFLAGS } from './fragmentation.js'
import { isFileMuxer, muxerOf } from './muxers.js'
import { hasTrueTimes } from './late-tracks.js'
import { DEFERRED_HEADERS, deferredHeaderArguments, deferredHeaderOf } from '../headers/deferred-header.js'
import { asksForFaststart, mergeMovflags } from './movflags.js'

/**
 * The form of an output's bytes.
 *
 * - `stream`: the bytes that ffmpeg writes to a pipe, from first to last. Any sink accepts it.
 * - `file`: the bytes that ffmpeg writes to a file. The first bytes are known last: the index of an ordinary MP4, the
 *   sizes and durations in the header of WAV, FLV, MP3 and Au. It needs a sink that can write its first bytes last.
 */
export type OutputLayout = 'stream' | 'file'

/** Every layout. */
export const LAYOUTS: readonly OutputLayout[] = ['stream', 'file']

/** Whether to keep cover art. */
export type CoverChoice = 'leave-out' | 'keep'

/** Every choice. */
export const COVER_CHOICES: readonly CoverChoice[] = ['leave-out', 'keep']

/** The largest cover to keep, in bytes: the library examines that much of an input's beginning. */
export const MAX_COVER = 8 * MiB

/** Far above the `moof` and `moov` that ffmpeg can write to a pipe (32 KiB), far below a harmful size. */
const MAX_BOX_SIZE = MiB

const LOSES_EDITS = 'it makes ffmpeg write the index before it knows the edit lists (priming, B-frame delay).'

/** `-movflags` that lose data an ordinary MP4 needs. */
export const REFUSED_FASTSTART: Readonly<Record<string, string>> = {
  empty_moov: LOSES_EDITS,
  cmaf: LOSES_EDITS,
  dash: 'its segment index has no place in an ordinary MP4.',
  isml: LOSES_EDITS,
  negative_cts_offsets: 'it shifts the video against the audio.',
  frag_every_frame: 'it states wrong times for every other audio sample beside video.',
  separate_moof: 'it splits the tracks of a fragment; this layout reads them together.',
  omit_tfhd_offset: 'without "default_base_moof" it does not say where the samples lie.',
  rtphint: 'hint tracks refer to positions in the fragmented file, and the ordinary file has others.',
}

/** Builds the header that turns an output's stream into a file; `undefined` if the stream is the file. */
export function deferredHeaderFor(
  { format, layout, cover }: { format: string; layout: OutputLayout; cover?: CoverChoice | undefined },
  name: string,
): DeferredHeaderBuilder | undefined {
  const maxBoxSize = cover === 'keep' ? MAX_BOX_SIZE + MAX_COVER : MAX_BOX_SIZE
  if (layout === 'stream') return undefined
  return deferredHeaderOf(format) ?? new FaststartBuilder({ maxBoxSize, name })
}

/** Arguments that a layout needs, between the muxer's defaults and the user's. */
export function layoutArguments(format: string, layout: OutputLayout): readonly string[] {
  return layout === 'file' ? deferredHeaderArguments(format) : []
}

/**
 * Whether a muxer writes MP4s that can become ordinary ones: the whole family except Smooth Streaming's fragments.
 */
function hasFaststart(format: string): boolean {
  return muxerOf(format).isMp4 && isFileMuxer(format)
}

/**
 * The default layout: `-movflags +faststart` requests a file.
 *
 * @param output - the user's format and arguments
 * @param option - their name, for messages
 */
export function impliedLayout(
  { format, args }: { format: string; args: readonly string[] },
  option: string,
): OutputLayout {
  return hasFaststart(format) && asksForFaststart(movflagsIn(args, `${option}.args`)) ? 'file' : 'stream'
}

/**
 * Checks that an output supports its layout, in a constructor.
 *
 * @param output - the user's options
 * @param option - their name, for messages
 * @throws {@link OptionError} for a format without that layout
 * @throws {@link FfmpegError} `AVIO_ERR_ARGUMENT_REFUSED` for flags that lose data the layout needs
 */
export function checkLayout(
  { format, args, layout }: { format: string; args: readonly string[]; layout: OutputLayout },
  option: string,
): void {
  const { isMp4 } = muxerOf(format)
  if (layout === 'stream') {
    if (!isMp4 || !asksForFaststart(movflagsIn(args, `${option}.args`))) return
    const why = hasFaststart(format)
      ? `it requests an ordinary MP4 with its index in front: set "${option}.layout" to "file", ` +
        'or leave one of the two out.'
      : 'this format spreads its index over its fragments. Leave it out.'
    throw refused('-movflags faststart', `${option}.args`, why)
  }
  if (deferredHeaderOf(format) !== undefined) return
  if (!hasFaststart(format)) {
    const rule = `"stream" for "${format}"; "file" is for ${DEFERRED_HEADERS.join(', ')}, mp4, mov and their variants`
    throw optionError(`${option}.layout`, rule, layout)
  }
  checkMovflags(args, `${option}.args`)
}

function movflagsIn(args: readonly string[], option: string): string[] {
  return parseArguments(args, option)
    .filter(({ name }) => name === 'movflags')
    .map(({ value = '' }) => value)
}

function checkMovflags(args: readonly string[], option: string): void {
  const values = movflagsIn(args, option)
  const flags = mergeMovflags(values, option)
  // ffmpeg then waits for nothing, and we write the edit lists.
  const isTrue = hasTrueTimes(flags)
  for (const flag of flags) {
    const why = REFUSED_FASTSTART[flag]
    if (why !== undefined && !(isTrue && flag === 'empty_moov'))
      throw refused(`-movflags ${flag}`, option, `${why} Leave it out.`)
  }
  const missing = DEFAULT_MOVFLAGS.find(flag => !flags.includes(flag) && !(isTrue && flag === 'delay_moov'))
  if (missing !== undefined) {
    const why = `an ordinary MP4 needs fragments written with "${missing}". Write "+flag" to add to the defaults.`
    throw refused(`-movflags ${values.join(' ')}`, option, why)
  }
}
