import {
  knownOptions,
  oneOfOption,
  optionError,
  optionsObject,
  stringOption,
  stringsOption,
} from '../options.js'
import { checkOutput } from './args/build-arguments.js'
import { muxerOf } from './args/muxers.js'
import {
  COVER_CHOICES,
  type CoverChoice,
  LAYOUTS,
  type OutputLayout,
  checkLayout,
  impliedLayout,
} from './args/output-layout.js'
import type { FfmpegOutputOptions } from './ffmpeg-options.js'
import type { OnMissing } from './streams/input-info.js'

/** Checked options of an output. */
export interface OutputSettings {
  readonly format: string
  readonly args: readonly string[]
  readonly layout: OutputLayout
  readonly onMissing: OnMissing
  readonly cover: CoverChoice
}

/** Checks the options of an output; throws an `OptionError` or an `FfmpegError`. */
export function outputSettings(output: FfmpegOutputOptions | undefined, name: string): OutputSettings {
  if (output === undefined) throw optionError(name, 'an object with the "format" to write', output)
  knownOptions(optionsObject(output, name), name, ['format', 'args', 'layout', 'onMissing', 'cover'])
  const format = stringOption(output, `${name}.format`, { default: undefined })
  if (format === undefined) throw optionError(`${name}.format`, 'the name of a muxer', format)
  // Before anything else asks for the muxer, so that an error names this output's own option.
  muxerOf(format, `${name}.format`)
  const args = stringsOption(output, `${name}.args`)
  const implied = impliedLayout({ format, args }, name)
  const layout = oneOfOption(output, `${name}.layout`, { values: LAYOUTS, default: implied })
  const onMissing = onMissingOption(output, `${name}.onMissing`)
  const cover = coverOption(output, `${name}.cover`, format)
  const settings = { format, args, layout, onMissing, cover }
  checkOutput(settings, name)
  checkLayout(settings, name)
  return settings
}

function onMissingOption(output: FfmpegOutputOptions, name: string): OnMissing {
  const given: unknown = output.onMissing
  if (given === undefined) return 'tell'
  if (given === 'tell' || given === 'error' || typeof given === 'function') return given as OnMissing
  throw optionError(name, '"tell", "error" or a function', given)
}

/** Muxers whose files have iTunes metadata. */
const COVERED: ReadonlySet<string> = new Set(['mp4', 'ipod'])

function coverOption(output: FfmpegOutputOptions, name: string, format: string): CoverChoice {
  const cover = oneOfOption(output, name, { values: COVER_CHOICES, default: 'leave-out' })
  if (cover === 'leave-out' || COVERED.has(format)) return cover
  const rule = `"leave-out" for "${format}"; "keep" is for mp4 and ipod, and an MP3 keeps its cover with layout "file"`
  throw optionError(name, rule, cover)
}
