import { parseArguments } from './parse-arguments.js'

/**
 * Arguments of an input that jump in it: on a pipe ffmpeg reads everything up to `-ss`; `-sseof` and `-stream_loop` it
 * can't do at all.
 */

const JUMPS = new Set(['ss', 'sseof', 'to', 'stream_loop'])
/** Those that a pipe can't serve at all. */
const IMPOSSIBLE = new Set(['sseof', 'stream_loop'])

/** The argument of an input that makes ffmpeg jump in it, where there is one. */
export function asksForSeek(
  args: readonly string[],
): { readonly token: string; readonly needsSeek: boolean } | undefined {
  const jumps = parseArguments(args, 'input.args').filter(({ name }) => JUMPS.has(name))
  const jump = jumps.find(({ name }) => IMPOSSIBLE.has(name)) ?? jumps[0]
  return jump && { token: jump.tokens[0]!, needsSeek: IMPOSSIBLE.has(jump.name) }
}
