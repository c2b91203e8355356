import { DEFAULT_MOVFLAGS } from './fragmentation.js'
import { refused } from './parse-arguments.js'

/**
 * The user's `-movflags` and ours.
 *
 * ffmpeg's own rule is kept: a value that begins with `+` or `-` changes what stands, any other value takes its
 * place, and a later option goes on from an earlier one. What stands at first are our defaults. A fragment
 * duration is always set beside them, so that whatever remains still streams.
 */

/** Flags that ask for what a pipe cannot give, and what to do instead. */
export const REFUSED_MOVFLAGS: Readonly<Record<string, string>> = {
  global_sidx:
    'it reads its output back to put an index of all fragments in front, and on a pipe waits for ever. Use "dash" for an index in each.',
  hybrid_fragmented: 'it goes back to turn a finished fragmented file into a plain one. Leave it out.',
}

/** ffmpeg's flag for an index in front, which is a layout here: `output.layout: 'file'`. */
const FASTSTART = 'faststart'

/**
 * The flags that result, in the order in which they were set, without `faststart`: the index is moved here, not by
 * ffmpeg.
 *
 * @param values - the values of every `-movflags` of the user's, in order
 * @param option - the option that holds them, for messages
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

/** Whether the flags ask for an index in front, in the end. */
export function asksForFaststart(values: readonly string[]): boolean {
  let asks = false
  for (const { sign, name } of flagsIn(values)) {
    if (name === '') asks = false
    else if (name === FASTSTART) asks = sign !== '-'
  }
  return asks
}

/** The flags as they come; an empty name where what stood before is dropped. */
function* flagsIn(values: readonly string[]): Generator<{ value: string; sign: string; name: string }> {
  for (const value of values) {
    // `-movflags faststart` alone asks for an ordinary file, which the defaults are turned into.
    if (!/^[+-]/.test(value) && value !== FASTSTART) yield { value, sign: '', name: '' }
    for (const [, sign = '', name = ''] of value.matchAll(/([+-]?)([^+-]+)/g)) yield { value, sign, name }
  }
}
