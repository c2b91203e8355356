import { DEFAULT_MOVFLAGS } from './fragmentation.js'
import { refused } from './parse-arguments.js'

/**
 * Merges the user's `-movflags` with ours.
 *
 * ffmpeg's own rule applies: a value that begins with `+` or `-` changes the current flags, any other value replaces
 * them, and a later option continues from an earlier one. The initial flags are our defaults. The library always sets a
 * fragment duration beside them, so that any result still streams.
 */

/** Flags that a pipe can't support, and what to do instead. */
export const REFUSED_MOVFLAGS: Readonly<Record<string, string>> = {
  global_sidx:
    'it reads its output back to put an index of all fragments in front, and hangs on a pipe. ' +
    'Use "dash" for an index in each.',
  hybrid_fragmented: 'it seeks back to turn a finished fragmented file into a plain one. Leave it out.',
}

/** ffmpeg's flag for an index in front; here that is a layout: `output.layout: 'file'`. */
const FASTSTART = 'faststart'

/**
 * The resulting flags, in the order in which they were set, without `faststart`: the library moves the index, not
 * ffmpeg.
 *
 * @param values - the values of the user's `-movflags`, in order
 * @param option - the name of the option that holds them, for messages
 * @throws {@link FfmpegError} `AVIO_ERR_ARGUMENT_REFUSED` for a flag that needs a seekable output
 */
export function mergeMovflags(values: readonly string[], option: string): string[] {
  const flags = new Set<string>(DEFAULT_MOVFLAGS)
  for (const { value, sign, name } of flagsIn(values)) {
    if (name === '') flags.clear()
    else if (/^(\d+|0x[\da-f]+|all|default|none)$/i.test(name)) {
      throw refused(`-movflags ${value}`, option, 'name the flags, so that they can be checked.')
    } else if (sign === '-') flags.delete(name)
    else flags.add(name)
  }
  flags.delete(FASTSTART)
  for (const flag of flags) {
    const why = REFUSED_MOVFLAGS[flag]
    if (why !== undefined) throw refused(`-movflags ${flag}`, option, why)
  }
  return [...flags]
}

/** Whether the flags request an index in front in the end. */
export function asksForFaststart(values: readonly string[]): boolean {
  let asks = false
  for (const { sign, name } of flagsIn(values)) {
    if (name === '') asks = false
    else if (name === FASTSTART) asks = sign !== '-'
  }
  return asks
}

/** The flags in order; an empty name where a value discards the flags before it. */
function* flagsIn(values: readonly string[]): Generator<{ value: string; sign: string; name: string }> {
  for (const value of values) {
    // `-movflags faststart` alone requests an ordinary file, made from the default flags.
    if (!/^[+-]/.test(value) && value !== FASTSTART) yield { value, sign: '', name: '' }
    for (const [, sign = '', name = ''] of value.matchAll(/([+-]?)([^+-]+)/g)) yield { value, sign, name }
  }
}
