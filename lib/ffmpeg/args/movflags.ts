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
  faststart:
    'it moves the index to the front of a finished file. For such a file set "output.layout" to "progressive"; a ' +
    'fragmented MP4 has its (short) index in front already.',
  global_sidx:
    'it reads its output back to put an index of all fragments in front, and on a pipe waits for ever. Use "dash" for an index in each.',
  hybrid_fragmented: 'it goes back to turn a finished fragmented file into a plain one. Leave it out.',
}

/**
 * The flags that result, in the order in which they were set.
 *
 * @param values - the values of every `-movflags` of the user's, in order
 * @param option - the option that holds them, for messages
 * @throws {@link FfmpegError} `AVIO_ERR_ARGUMENT_REFUSED` for a flag that needs a seekable output
 */
export function mergeMovflags(values: readonly string[], option: string): string[] {
  let flags = new Set<string>(DEFAULT_MOVFLAGS)
  for (const value of values) {
    if (!/^[+-]/.test(value)) flags = new Set()
    for (const [, sign, name = ''] of value.matchAll(/([+-]?)([^+-]+)/g)) {
      if (/^(\d+|0x[\da-f]+|all|default|none)$/i.test(name)) {
        throw refused(`-movflags ${value}`, option, 'name the flags, so that they can be checked.')
      }
      if (sign === '-') flags.delete(name)
      else flags.add(name)
    }
  }
  for (const flag of flags) {
    const why = REFUSED_MOVFLAGS[flag]
    if (why !== undefined) throw refused(`-movflags ${flag}`, option, why)
  }
  return [...flags]
}
