import type { HeadAssembly } from '../../io/pipeline/deferred-header-builder.js'
import { ProgressiveAssembly } from '../../mp4/faststart/faststart-builder.js'
import { MiB, optionError } from '../../options.js'
import { readArguments, refused } from './parse-arguments.js'
import { DEFAULT_MOVFLAGS } from './fragmentation.js'
import { muxerOf } from './muxers.js'
import { hasTrueTimes } from './late-tracks.js'
import { HELD_HEADS, heldHeadArguments, heldHeadOf } from '../headers/deferred-header.js'
import { mergeMovflags } from './movflags.js'

/**
 * How an output lies in what it is stored in.
 *
 * - `stream`: as ffmpeg writes it, from the first byte to the last. Any sink takes it.
 * - `progressive`: an ordinary MP4 with its index first, which exists only at the end.
 * - `held-head`: the file's own header, with the sizes and durations that are known only at the end.
 *
 * The last two need a sink that can write its first bytes last.
 */
export type OutputLayout = 'stream' | 'progressive' | 'held-head'

/** Every layout. */
export const LAYOUTS: readonly OutputLayout[] = ['stream', 'progressive', 'held-head']

/** What becomes of cover art. */
export type CoverChoice = 'leave-out' | 'keep'

/** Every choice. */
export const COVER_CHOICES: readonly CoverChoice[] = ['leave-out', 'keep']

/** The largest cover that is kept, in bytes: as far as the head of an input is looked at. */
export const MAX_COVER = 8 * MiB

/** Far above the `moof` and `moov` that a pipe lets ffmpeg write (32 KiB), far below what would hurt. */
const MAX_BOX_SIZE = MiB

const LOSES_EDITS = 'it has ffmpeg write the index before the edit lists (priming, B-frame delay) are known.'

/** Flags of `-movflags` that lose what a progressive MP4 needs. */
export const REFUSED_PROGRESSIVE: Readonly<Record<string, string>> = {
  empty_moov: LOSES_EDITS,
  cmaf: LOSES_EDITS,
  dash: 'its index of segments has no place in a progressive MP4.',
  isml: LOSES_EDITS,
  negative_cts_offsets: 'it shifts the video against the audio.',
  frag_every_frame: 'it states wrong times of every other sample of sound beside pictures.',
  separate_moof: 'it tears the tracks of a fragment apart; it is put together here.',
  omit_tfhd_offset: 'without "default_base_moof" it leaves open where the samples lie.',
  rtphint: 'hint tracks point into the file that was, not into the one that is made of it.',
}

/** What makes the file of an output's stream; `undefined` where the stream is the file. */
export function assemblyFor(
  { format, layout, cover }: { format: string; layout: OutputLayout; cover?: CoverChoice | undefined },
  name: string,
): HeadAssembly | undefined {
  const maxBoxSize = cover === 'keep' ? MAX_BOX_SIZE + MAX_COVER : MAX_BOX_SIZE
  if (layout === 'progressive') return new ProgressiveAssembly({ maxBoxSize, name })
  return layout === 'held-head' ? heldHeadOf(format) : undefined
}

/** Arguments that a layout needs, after the muxer's defaults and before the user's. */
export function layoutArguments(format: string, layout: OutputLayout): readonly string[] {
  return layout === 'held-head' ? heldHeadArguments(format) : []
}

/**
 * Checks that an output can have its layout, in a constructor.
 *
 * @param output - the user's options
 * @param option - what they are called, for messages
 * @throws {@link OptionError} for a format that can't be laid out so
 * @throws {@link FfmpegError} `AVIO_ERR_ARGUMENT_REFUSED` for flags that lose what the layout needs
 */
export function checkLayout(
  { format, args, layout }: { format: string; args: readonly string[]; layout: OutputLayout },
  option: string,
): void {
  if (layout === 'held-head' && heldHeadOf(format) === undefined) {
    const own = muxerOf(format).isMp4 && format !== 'ismv' ? '"stream" or "progressive"' : '"stream"'
    const rule = `${own} for "${format}"; "held-head" is for ${HELD_HEADS.join(', ')}`
    throw optionError(`${option}.layout`, rule, layout)
  }
  if (layout !== 'progressive') return
  if (!muxerOf(format).isMp4 || format === 'ismv') {
    const rule = `"stream" for "${format}"; "progressive" is for mp4, mov and their like`
    throw optionError(`${option}.layout`, rule, layout)
  }
  checkMovflags(args, `${option}.args`)
}

function checkMovflags(args: readonly string[], option: string): void {
  const values = readArguments(args, option)
    .filter(({ name }) => name === 'movflags')
    .map(({ value = '' }) => value)
  const flags = mergeMovflags(values, option)
  // Nothing is waited for then, and the edit lists are ours.
  const isTrue = hasTrueTimes(flags)
  for (const flag of flags) {
    const why = REFUSED_PROGRESSIVE[flag]
    if (why !== undefined && !(isTrue && flag === 'empty_moov'))
      throw refused(`-movflags ${flag}`, option, `${why} Leave it out.`)
  }
  const missing = DEFAULT_MOVFLAGS.find(flag => !flags.includes(flag) && !(isTrue && flag === 'delay_moov'))
  if (missing !== undefined) {
    const why = `a progressive MP4 is made of fragments written with "${missing}". Write "+flag" to add to the defaults.`
    throw refused(`-movflags ${values.join(' ')}`, option, why)
  }
}
