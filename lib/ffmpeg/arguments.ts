import type { Muxer } from './formats.js'
import { muxerOf } from './formats.js'

/** One input of the child. */
export interface InputSpec {
  /** What follows `-i`: `pipe:0`, or the address of a range server. */
  readonly url: string
  /** `-f`: the demuxer, where the user names it. */
  readonly format?: string | undefined
  /** The user's own arguments. */
  readonly args: readonly string[]
  /** The protocols this input needs, and no others: `['pipe']`. */
  readonly protocols: readonly string[]
}

/** One output of the child. */
export interface OutputSpec {
  /** The last argument: `pipe:1`. */
  readonly url: string
  /** `-f`: the muxer. */
  readonly format: string
  /** The user's own arguments. */
  readonly args: readonly string[]
  /** Arguments found by a look at the head of the input, added after the user's. */
  readonly added?: readonly string[] | undefined
}

/** Checks an output in a constructor. */
export function checkOutput(output: { format: string; args: readonly string[] }): Muxer {
  return muxerOf(output.format)
}

/** Checks an input in a constructor. */
export function checkInput(_input: { format?: string | undefined; args: readonly string[] }): void {
  // First shape of the seam; the rules follow.
}

/** Checks the global arguments in a constructor. */
export function checkGlobalArgs(_args: readonly string[]): void {
  // First shape of the seam; the rules follow.
}

/** The whole argument list of one child. */
export function ffmpegArguments(spec: {
  readonly inputs: readonly InputSpec[]
  readonly outputs: readonly OutputSpec[]
  readonly globalArgs: readonly string[]
  readonly progressUrl: string
}): string[] {
  const list = ['-hide_banner', '-nostdin', '-loglevel', 'level+info', '-nostats']
  list.push('-stats_period', '0.5', '-progress', spec.progressUrl, ...spec.globalArgs)
  for (const input of spec.inputs) {
    if (input.format !== undefined) list.push('-f', input.format)
    list.push('-protocol_whitelist', input.protocols.join(','), ...input.args, '-i', input.url)
  }
  for (const output of spec.outputs) {
    list.push(...muxerOf(output.format).defaults, ...output.args, ...(output.added ?? []))
    list.push('-f', output.format, output.url)
  }
  return list
}
