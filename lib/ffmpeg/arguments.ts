import { readArguments } from './argument-list.js'
import { DROPPED, refuseEverywhere, refuseForMp4 } from './argument-rules.js'
import { type Muxer, muxerOf } from './formats.js'
import { type OutputLayout, layoutArguments } from './layout.js'
import { mergeLogLevels } from './log-level.js'
import { mergeMovflags } from './movflags.js'

/**
 * The argument list of a child, from what the user gave and what the pipes need. Order matters: our defaults come
 * before the user's arguments, which win over them; what must hold comes after.
 */

/** One input of the child. */
export interface InputSpec {
  /** What follows `-i`: `pipe:0`, or the address of a range server. */
  readonly url: string
  /** `-f`: the demuxer, where the user names it. */
  readonly format?: string | undefined
  /** The user's own arguments. */
  readonly args: readonly string[]
  /**
   * The protocols that this input needs, and no others: `['pipe']`. What the media names (segments of a playlist,
   * external tracks) is opened by these or not at all; demuxers hand the list on.
   */
  readonly protocols: readonly string[]
  /**
   * The demuxers that may open it; all where there is no list. Of an input that is read by address, a playlist could
   * name others: none that reads playlists is on the list.
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
  /** How it lies in what it is stored in. Default `stream`. */
  readonly layout?: OutputLayout | undefined
  /** Arguments found by a look at the head of the input, added after the user's. */
  readonly added?: readonly string[] | undefined
}

/** All that goes into one argument list. */
export interface CommandSpec {
  readonly inputs: readonly InputSpec[]
  readonly outputs: readonly OutputSpec[]
  /** The user's own global arguments. */
  readonly globalArgs: readonly string[]
  /** Where ffmpeg writes its progress: `pipe:3`. */
  readonly progressUrl: string
  /** The least talkative level that will do. Default `info`. */
  readonly leastLogLevel?: 'info' | 'verbose' | undefined
}

/**
 * Checks an output, in a constructor.
 *
 * @param output - the user's options
 * @param option - what they are called, for messages
 * @returns what is known of its muxer
 * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`, `AVIO_ERR_ARGUMENT_REFUSED`
 * @throws {@link OptionError} for a malformed list
 */
export function checkOutput(output: { format: string; args: readonly string[] }, option = 'output'): Muxer {
  const muxer = muxerOf(output.format, `${option}.format`)
  outputArguments({ ...output, url: '' }, `${option}.args`)
  return muxer
}

/**
 * Checks an input, in a constructor; errors as of {@link checkOutput}.
 *
 * @param input - the user's options
 * @param option - what they are called, for messages
 */
export function checkInput(
  input: { format?: string | undefined; args: readonly string[] },
  option = 'input',
): void {
  readUserArguments(input.args, `${option}.args`)
}

/**
 * Checks the global arguments, in a constructor; errors as of {@link checkOutput}.
 *
 * @param args - the user's list
 * @param option - what it is called, for messages
 */
export function checkGlobalArgs(args: readonly string[], option = 'globalArgs'): void {
  readUserArguments(args, option)
}

/** The whole argument list of one child. Errors as of {@link checkOutput}. */
export function ffmpegArguments(spec: CommandSpec): string[] {
  const global = readUserArguments(spec.globalArgs, 'globalArgs')
  const inputs = spec.inputs.map(input => readUserArguments(input.args, 'input.args'))
  const outputs = spec.outputs.map(output => outputArguments(output, 'output.args'))
  const levels = [global, ...inputs, ...outputs].flatMap(({ logLevels }) => logLevels)
  const level = mergeLogLevels(levels, 'globalArgs', spec.leastLogLevel)

  const list = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', level]
  list.push('-progress', spec.progressUrl, ...global.args)
  for (const [index, input] of spec.inputs.entries()) {
    if (input.format !== undefined) list.push('-f', input.format)
    list.push('-protocol_whitelist', input.protocols.join(','))
    if (input.formatWhitelist) list.push('-format_whitelist', input.formatWhitelist.join(','))
    list.push(...inputs[index]!.args, '-i', input.url)
  }
  for (const [index, output] of spec.outputs.entries()) {
    list.push(...outputs[index]!.args, '-f', output.format, output.url)
  }
  return list
}

interface UserArguments {
  /** What is left of the user's list. */
  args: string[]
  /** The values of `-loglevel`, which is one for the whole child. */
  logLevels: string[]
  /** The values of `-movflags`. */
  movflags: string[]
}

function readUserArguments(args: readonly string[], option: string, muxer?: Muxer): UserArguments {
  const read: UserArguments = { args: [], logLevels: [], movflags: [] }
  for (const argument of readArguments(args, option)) {
    refuseEverywhere(argument, option)
    if (muxer?.isMp4 === true) refuseForMp4(argument, option)
    const { name, value = '' } = argument
    if (name === 'loglevel' || name === 'v') read.logLevels.push(value)
    else if (name === 'movflags' && muxer?.isMp4 === true) read.movflags.push(value)
    else if (!Object.hasOwn(DROPPED, name)) read.args.push(...argument.tokens)
  }
  mergeLogLevels(read.logLevels, option)
  return read
}

function outputArguments(output: OutputSpec, option: string): UserArguments {
  const muxer = muxerOf(output.format)
  const read = readUserArguments(output.args, option, muxer)
  const ours = [...muxer.defaults, ...layoutArguments(output.format, output.layout ?? 'stream')]
  const args = [...ours, ...read.args, ...(output.added ?? []), ...muxer.always]
  if (muxer.isMp4) args.push('-movflags', mergeMovflags(read.movflags, option).join('+') || '0')
  return { ...read, args }
}
