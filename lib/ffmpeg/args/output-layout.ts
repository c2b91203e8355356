import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { FaststartBuilder } from '../../mp4/faststart/faststart-builder.js'
import { MiB, optionError } from '../../options.js'
import { parseArguments, refused } from './parse-arguments.js'
import { DEFAULT_MOVFLAGS } from './fragmentation.js'
import { muxerOf } from './muxers.js'
import { hasTrueTimes } from './late-tracks.js'
import { DEFERRED_HEADERS, deferredHeaderArguments, deferredHeaderOf } from '../headers/deferred-header.js'
import { asksForFaststart, mergeMovflags } from './movflags.js'

/**
 * What an output's bytes are.
 *
 * - `stream`: what ffmpeg writes to a pipe, from the first byte to the last. Any sink takes it.
 * - `file`: what ffmpeg writes to a file. Its first bytes are known last: the index of an ordinary MP4, the sizes and
 *   durations in the header of WAV, FLV, MP3 and Au. It needs a sink that can write its first bytes last.
 */
export type OutputLayout = 'stream' | 'file'

/** Every layout. */
export const LAYOUTS: readonly OutputLayout[] = ['stream', 'file']

/** What becomes of cover art. */
export type CoverChoice = 'leave-out' | 'keep'

/** Every choice. */
export const COVER_CHOICES: readonly CoverChoice[] = ['leave-out', 'keep']

/** The largest cover that is kept, in bytes: as far as the head of an input is looked at. */
export const MAX_COVER = 8 * MiB

/** Far above the `moof` and `moov` that a pipe lets ffmpeg write (32 KiB), far below what would hurt. */
const MAX_BOX_SIZE = MiB

const LOSES_EDITS = 'it has ffmpeg write the index before the edit lists (priming, B-frame delay) are known.'

/** Flags of `-movflags` that lose what an ordinary MP4 needs. */
export const REFUSED_FASTSTART: Readonly<Record<string, string>> = {
  empty_moov: LOSES_EDITS,
  cmaf: LOSES_EDITS,
  dash: 'its index of segments has no place in an ordinary MP4.',
  isml: LOSES_EDITS,
  negative_cts_offsets: 'it shifts the video against the audio.',
  frag_every_frame: 'it states wrong times of every other sample of sound beside pictures.',
  separate_moof: 'it tears the tracks of a fragment apart; it is put together here.',
  omit_tfhd_offset: 'without "default_base_moof" it leaves open where the samples lie.',
  rtphint: 'hint tracks point into the file that was, not into the one that is made of it.',
}

/** What makes the file of an output's stream; `undefined` where the stream is the file. */
export function deferredHeaderFor(
  { format, layout, cover }: { format: string; layout: OutputLayout; cover?: CoverChoice | undefined },
  name: string,
): DeferredHeaderBuilder | undefined {
  const maxBoxSize = cover === 'keep' ? MAX_BOX_SIZE + MAX_COVER : MAX_BOX_SIZE
  if (layout === 'stream') return undefined
  return deferredHeaderOf(format) ?? new FaststartBuilder({ maxBoxSize, name })
}

/** Arguments that a layout needs, after the muxer's defaults and before the user's. */
export function layoutArguments(format: string, layout: OutputLayout): readonly string[] {
  return layout === 'file' ? deferredHeaderArguments(format) : []
}

/**
 * Whether a muxer writes MP4s that can be made into ordinary ones: all of the family but Smooth Streaming's fragments.
 */
function hasFaststart(format: string): boolean {
  return muxerOf(format).isMp4 && format !== 'ismv'
}

/**
 * The layout that is meant where none is given: `-movflags +faststart` asks for a file.
 *
 * @param output - the user's format and arguments
 * @param option - what they are called, for messages
 */
export function impliedLayout(
  { format, args }: { format: string; args: readonly string[] },
  option: string,
): OutputLayout {
  return hasFaststart(format) && asksForFaststart(movflagsIn(args, `${option}.args`)) ? 'file' : 'stream'
}

/**
 * Checks that an output can have its layout, in a constructor.
 *
 * @param output - the user's options
 * @param option - what they are called, for messages
 * @throws {@link OptionError} for a format that has no such layout
 * @throws {@link FfmpegError} `AVIO_ERR_ARGUMENT_REFUSED` for flags that lose what the layout needs
 */
export function checkLayout(
  { format, args, layout }: { format: string; args: readonly string[]; layout: OutputLayout },
  option: string,
): void {
  const { isMp4 } = muxerOf(format)
  if (layout === 'stream') {
    if (!isMp4 || !asksForFaststart(movflagsIn(args, `${option}.args`))) return
    const why = hasFaststart(format)
      ? `it asks for an ordinary MP4 with its index in front: set "${option}.layout" to "file", or leave one of the two out.`
      : 'the index of this format is spread over its fragments. Leave it out.'
    throw refused('-movflags faststart', `${option}.args`, why)
  }
  if (deferredHeaderOf(format) !== undefined) return
  if (!hasFaststart(format)) {
    const rule = `"stream" for "${format}"; "file" is for ${DEFERRED_HEADERS.join(', ')}, mp4, mov and their like`
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
  // Nothing is waited for then, and the edit lists are ours.
  const isTrue = hasTrueTimes(flags)
  for (const flag of flags) {
    const why = REFUSED_FASTSTART[flag]
    if (why !== undefined && !(isTrue && flag === 'empty_moov'))
      throw refused(`-movflags ${flag}`, option, `${why} Leave it out.`)
  }
  const missing = DEFAULT_MOVFLAGS.find(flag => !flags.includes(flag) && !(isTrue && flag === 'delay_moov'))
  if (missing !== undefined) {
    const why = `an ordinary MP4 is made of fragments written with "${missing}". Write "+flag" to add to the defaults.`
    throw refused(`-movflags ${values.join(' ')}`, option, why)
  }
}
