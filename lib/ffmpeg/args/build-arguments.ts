import { OptionError } from '../../errors.js'
import { type Argument, ONCE_VALUED, parseArguments } from './parse-arguments.js'
import { DROPPED, refuseEverywhere, refuseForMp4 } from './refused-arguments.js'
import { type Muxer, muxerOf } from './muxers.js'
import { TRUE_TIMES, hasTrueTimes, withTrueTimes } from './late-tracks.js'
import { type CoverChoice, type OutputLayout, layoutArguments } from './output-layout.js'
import { type Limits, MOST_PIXELS } from '../limits/limits.js'
import { mergeLogLevels } from './log-level.js'
import { mergeMovflags } from './movflags.js'
import { FILL_BUFFER } from './packet-flush.js'
import { retryArguments } from './http-retry-arguments.js'

/**
 * Builds a child's argument list from the user's arguments and the pipes. Order matters: our defaults precede the
 * user's arguments, which override them; fixed arguments follow.
 */

/** One input of the child. */
export interface InputSpec {
  /** The value of `-i`: `pipe:0`, or the URL of a range server. */
  readonly url: string
  /** `-f`: the demuxer, if the user names it. */
  readonly format?: string | undefined
  /** The user's own arguments. */
  readonly args: readonly string[]
  /**
   * The protocols that this input needs, and no others: `['pipe']`. ffmpeg opens anything the media refers to (segments
   * of a playlist, external tracks) by these protocols or not at all; demuxers pass the list on.
   */
  readonly protocols: readonly string[]
  /**
   * The demuxers that may open it; all without a list. A playlist can name other inputs, so no playlist demuxer is on
   * the list.
   */
  readonly formatWhitelist?: readonly string[] | undefined
}

/** One output of the child. */
export interface OutputSpec {
  /** The last argument: `pipe:1`. */
  readonly url: string
  /** `-f`: the muxer. */
  readonly format: string
  /** The user's own arguments. */
  readonly args: readonly string[]
  /** The form in which the output is stored. Default `stream`. */
  readonly layout?: OutputLayout | undefined
  /** Whether to keep cover art. Default `leave-out`. */
  readonly cover?: CoverChoice | undefined
  /** One of its tracks begins late: do not wait for it. */
  readonly hasLateTrack?: boolean | undefined
  /** Whether somebody may wait for each packet. Default true. */
  readonly isLive?: boolean | undefined
  /** Arguments derived from the first bytes of the input, added after the user's. */
  readonly added?: readonly string[] | undefined
}

/** Everything that goes into one argument list. */
export interface CommandSpec {
  readonly inputs: readonly InputSpec[]
  readonly outputs: readonly OutputSpec[]
  /** The user's own global arguments. */
  readonly globalArgs: readonly string[]
  /** Destination of ffmpeg's progress reports: `pipe:3`. */
  readonly progressUrl: string
  /** The least verbose level that suffices. Default `info`. */
  readonly leastLogLevel?: 'info' | 'verbose' | undefined
  /** Limits that ffmpeg itself enforces. They follow the user's own arguments and override them. */
  readonly limits?: Pick<Limits, 'threads' | 'maxPixels'> | undefined
}

/**
 * Validates an output, in a constructor.
 *
 * @param output - the user's options
 * @param option - their name, for messages
 * @returns the properties of its muxer
 * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`, `AVIO_ERR_ARGUMENT_REFUSED`
 * @throws {@link OptionError} for a malformed list
 */
export function checkOutput(output: { format: string; args: readonly string[] }, option = 'output'): Muxer {
  const muxer = muxerOf(output.format, `${option}.format`)
  outputArguments({ ...output, url: '' }, `${option}.args`)
  return muxer
}

/**
 * Validates an input, in a constructor; throws the errors of {@link checkOutput}.
 *
 * @param input - the user's options
 * @param option - their name, for messages
 */
export function checkInput(
  input: { format?: string | undefined; args: readonly string[] },
  option = 'input',
): void {
  readUserArguments(input.args, `${option}.args`)
}

/**
 * Validates the global arguments, in a constructor; throws the errors of {@link checkOutput}.
 *
 * @param args - the user's list
 * @param option - its name, for messages
 */
export function checkGlobalArgs(args: readonly string[], option = 'globalArgs'): void {
  readUserArguments(args, option)
}

/**
 * The movflags of an MP4-family output, according to its arguments. Throws the errors of {@link checkOutput}.
 */
export function movflagsOf(args: readonly string[]): string[] {
  const values = parseArguments(args, 'output.args').filter(({ name }) => name === 'movflags')
  return mergeMovflags(
    values.map(({ value = '' }) => value),
    'output.args',
  )
}

/** The complete argument list of one child. Throws the errors of {@link checkOutput}. */
export function buildArguments(spec: CommandSpec): string[] {
  const global = readUserArguments(spec.globalArgs, 'globalArgs')
  const inputs = spec.inputs.map(input => readUserArguments(input.args, 'input.args'))
  const outputs = spec.outputs.map(output => outputArguments(output, 'output.args'))
  const levels = [global, ...inputs, ...outputs].flatMap(({ logLevels }) => logLevels)
  const level = mergeLogLevels(levels, 'globalArgs', spec.leastLogLevel)

  const list = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', level]
  list.push('-progress', spec.progressUrl, ...global.args)
  const { threads: count, maxPixels = MOST_PIXELS } = spec.limits ?? {}
  const threads = count === undefined ? [] : ['-threads', String(count)]
  const pixels = maxPixels === MOST_PIXELS ? [] : ['-max_pixels', String(withPadding(maxPixels))]
  if (count !== undefined)
    list.push('-filter_threads', String(count), '-filter_complex_threads', String(count))
  const pipes = spec.inputs.filter(isPipe).length
  for (const [index, input] of spec.inputs.entries()) {
    if (input.format !== undefined) list.push('-f', input.format)
    list.push('-protocol_whitelist', input.protocols.join(','))
    if (input.formatWhitelist) list.push('-format_whitelist', input.formatWhitelist.join(','))
    const retry = retryArguments(input.protocols)
    if (pipes > 1 && isPipe(input)) list.push('-thread_queue_size', QUEUE)
    list.push(...inputs[index]!.args, ...threads, ...pixels, ...retry, '-i', input.url)
  }
  for (const [index, output] of spec.outputs.entries()) {
    list.push(...outputs[index]!.args, ...threads, '-f', output.format, output.url)
  }
  return list
}

/**
 * Packets that ffmpeg reads ahead of each of several inputs. Its own default is 1 to 8, by version: then each input
 * waits for the other ones after every packet.
 */
const QUEUE = '64'

function isPipe({ url }: InputSpec): boolean {
  return url.startsWith('pipe:')
}

/**
 * Decoders compare padded frames with `-max_pixels` (192 × 90 for 160 × 90). The library checks the stated frame size
 * of an input to the pixel; this limit covers frames that grow within a stream.
 */
function withPadding(pixels: number): number {
  return Math.min(MOST_PIXELS, 2 * pixels + 65_536)
}

interface UserArguments {
  /** The rest of the user's list. */
  args: string[]
  /** The values of `-loglevel`, of which the child has one. */
  logLevels: string[]
  /** The values of `-movflags`. */
  movflags: string[]
}

function readUserArguments(args: readonly string[], option: string, muxer?: Muxer): UserArguments {
  const read: UserArguments = { args: [], logLevels: [], movflags: [] }
  const kept: (readonly string[])[] = []
  for (const argument of parseArguments(args, option)) {
    refuseEverywhere(argument, option)
    if (muxer?.isMp4 === true) refuseForMp4(argument, option)
    const { name, value = '' } = argument
    if (name === 'loglevel' || name === 'v') read.logLevels.push(value)
    else if (name === 'movflags' && muxer?.isMp4 === true) read.movflags.push(value)
    else if (ONCE_VALUED.has(name)) setForEveryVersion(argument, kept, option)
    else if (!Object.hasOwn(DROPPED, name)) kept.push(argument.tokens)
  }
  read.args = kept.flat()
  mergeLogLevels(read.logLevels, option)
  return read
}

/**
 * `-autorotate 0` of old versions is `-noautorotate` in all versions. "On" is the default and has no form that every
 * version accepts, so it removes an earlier "off": the last one counts.
 *
 * @throws {@link OptionError} for an option switched off for more streams than it is then switched on for
 */
function setForEveryVersion(
  { name, specifier, value, negated, tokens }: Argument,
  kept: (readonly string[])[],
  option: string,
): void {
  const off = (streams: string) => `-no${name}${streams === '' ? '' : `:${streams}`}`
  if (negated || Number(value ?? 1) === 0) {
    kept.push([off(specifier)])
    return
  }
  for (const [n, [earlier = '']] of [...kept.entries()].reverse()) {
    const isOff = earlier === off('') || earlier.startsWith(off('') + ':')
    if (!isOff) continue
    if (specifier !== '' && earlier !== off(specifier)) {
      const message =
        `Option "${option}" must switch "-${name}" off only for the streams that need it: not every ffmpeg accepts ` +
        `"${tokens.join(' ')}" after "${earlier}"`
      throw new OptionError(option, message, tokens[0])
    }
    kept.splice(n, 1)
  }
}

function outputArguments(output: OutputSpec, option: string): UserArguments {
  const muxer = muxerOf(output.format)
  const read = readUserArguments(output.args, option, muxer)
  const fill = output.isLive === false && !muxer.isMp4 ? FILL_BUFFER : []
  const ours = [...fill, ...muxer.defaults, ...layoutArguments(output.format, output.layout ?? 'stream')]
  const args = [...ours, ...read.args, ...(output.added ?? []), ...muxer.always]
  if (muxer.isMp4) {
    const merged = mergeMovflags(read.movflags, option)
    const isTrue = output.hasLateTrack === true || hasTrueTimes(merged)
    const flags = isTrue ? withTrueTimes(merged) : merged
    args.push(...(isTrue ? TRUE_TIMES : []), '-movflags', flags.join('+') || '0')
  }
  return { ...read, args }
}
