import { parseArguments } from './parse-arguments.js'

/**
 * Input arguments that seek: on a pipe ffmpeg reads everything up to `-ss`, and can't do `-sseof` and `-stream_loop`
 * at all.
 */

const JUMPS = new Set(['ss', 'sseof', 'to', 'stream_loop'])
/** Arguments that no pipe supports. */
const IMPOSSIBLE = new Set(['sseof', 'stream_loop'])

/** The input argument that makes ffmpeg seek, if there is one. */
export function asksForSeek(
  args: readonly string[],
): { readonly token: string; readonly needsSeek: boolean } | undefined {
  const jumps = parseArguments(args, 'input.args').filter(({ name }) => JUMPS.has(name))
  const jump = jumps.find(({ name }) => IMPOSSIBLE.has(name)) ?? jumps[0]
  return jump && { token: jump.tokens[0]!, needsSeek: IMPOSSIBLE.has(jump.name) }
}
