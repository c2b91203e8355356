import { FfmpegError, OptionError } from '../../errors.js'
import { checkElement, checkValue } from './check-words.js'

/**
 * Parses a list of ffmpeg arguments as ffmpeg's own `split_commandline` does (fftools/cmdutils.c).
 *
 * `-name[:specifier] value`; a token that is neither an option nor an option's value is the name of an output file.
 * Whether an option takes a value is not visible from outside, but the rule is short: every option does, including all
 * options of muxers, codecs and filters, except the booleans of the command line itself. This file lists those, for
 * ffmpeg 4 to 9; a test compares the list with the installed binary.
 */

/** One option of the list. */
export interface Argument {
  /** The name, without dash and specifier; `stdin` for `-nostdin`. */
  readonly name: string
  /** The text after the first colon of the name: `v:0` in `-c:v:0`; empty without one. */
  readonly specifier: string
  /** The value; undefined for a boolean. */
  readonly value: string | undefined
  /** Whether a boolean has its `-no…` form. */
  readonly negated: boolean
  /** Its tokens. */
  readonly tokens: readonly string[]
}

/** Options without a value; each has a `-no…` form. */
const BOOLEANS = new Set([
  ...[
    'y',
    'n',
    'vn',
    'an',
    'sn',
    'dn',
    're',
    'hide_banner',
    'stdin',
    'stats',
    'report',
    'vstats',
    'psnr',
    'qphist',
  ],
  ...[
    'ignore_unknown',
    'copy_unknown',
    'recast_media',
    'accurate_seek',
    'find_stream_info',
    'bitexact',
    'shortest',
  ],
  ...[
    'benchmark',
    'benchmark_all',
    'dump',
    'hex',
    'debug_ts',
    'xerror',
    'copyts',
    'start_at_zero',
    'copyinkf',
  ],
  ...[
    'force_fps',
    'fix_sub_duration',
    'fix_sub_duration_heartbeat',
    'auto_conversion_filters',
    'print_graphs',
  ],
  ...['display_hflip', 'display_vflip', 'deinterlace', 'intra', 'override_ffserver'],
])

/** Booleans that took a value before ffmpeg 6 (`-autorotate 0`) and take none since. */
export const ONCE_VALUED: ReadonlySet<string> = new Set(['autorotate', 'autoscale'])

/** Options that print something to standard output and end ffmpeg with exit code 0. */
const PRINTING = new Set([
  ...[
    'h',
    '?',
    'help',
    '-help',
    'L',
    'license',
    'version',
    'buildconf',
    'formats',
    'muxers',
    'demuxers',
    'devices',
  ],
  ...['codecs', 'decoders', 'encoders', 'bsfs', 'protocols', 'filters', 'pix_fmts', 'layouts', 'sample_fmts'],
  ...['dispositions', 'colors', 'hwaccels', 'sources', 'sinks'],
])

/**
 * The options in `args`.
 *
 * @param args - the user's list
 * @param option - the name of the option that holds it, for messages: `output.args`
 * @throws {@link FfmpegError} `AVIO_ERR_ARGUMENT_REFUSED` for a token that would name another output file, and for
 * options that print and exit
 * @throws {@link OptionError} if the last option lacks its value, and for elements that only a shell would split
 */
export function parseArguments(args: readonly string[], option: string): Argument[] {
  const list: Argument[] = []
  for (let at = 0; at < args.length; at++) {
    const token = args[at]!
    checkElement(args, at, option)
    if (!token.startsWith('-') || token === '-' || token === '--') throw anotherOutput(token, option)
    if (isPrinting(token)) {
      throw refused(
        token,
        option,
        'it prints text instead of media and ends ffmpeg. Run ffmpeg by hand for that.',
      )
    }
    const argument = argumentAt(args, at)
    if (argument === undefined) {
      throw new OptionError(
        option,
        `Option "${option}" must end with a complete option: "${token}" needs a value, and none follows`,
        args,
      )
    }
    if (argument.value !== undefined) checkValue(args, ++at, option)
    list.push(argument)
  }
  return list
}

/**
 * The option at an index of a list, with its value if it takes one.
 *
 * @returns `undefined` if its value is missing
 */
export function argumentAt(args: readonly string[], at: number): Argument | undefined {
  const token = args[at]!
  const next = args[at + 1]
  const { name, specifier } = nameOf(token.slice(1))
  const isAlone = BOOLEANS.has(name) || (ONCE_VALUED.has(name) && (next === undefined || !/^\d+$/.test(next)))
  const positive = name.slice('no'.length)
  if (isAlone) return { name, specifier, value: undefined, negated: false, tokens: [token] }
  if (name.startsWith('no') && (BOOLEANS.has(positive) || ONCE_VALUED.has(positive)))
    return { name: positive, specifier, value: undefined, negated: true, tokens: [token] }
  if (next === undefined) return undefined
  return { name, specifier, value: next, negated: false, tokens: [token, next] }
}

/** Whether an option prints something and ends ffmpeg. */
export function isPrinting(token: string): boolean {
  return PRINTING.has(nameOf(token.slice(1)).name)
}

function nameOf(token: string): { name: string; specifier: string } {
  const colon = token.indexOf(':')
  const name = colon < 0 ? token : token.slice(0, colon)
  // Since ffmpeg 7, `-/name file` reads the value from a file.
  return { name: name.replace(/^\//, ''), specifier: colon < 0 ? '' : token.slice(colon + 1) }
}

function anotherOutput(token: string, option: string): FfmpegError {
  return refused(
    token,
    option,
    'ffmpeg would take it for the name of another output file. If it belongs to the option before it, ' +
      'that option takes no value; a second output is a second pipeline.',
  )
}

/** The error for an unsupported argument; `why` gives the reason and the alternative. */
export function refused(argument: string, option: string, why: string): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_ARGUMENT_REFUSED',
    `"${argument}" in option "${option}" is refused: ${why}`,
  )
}
