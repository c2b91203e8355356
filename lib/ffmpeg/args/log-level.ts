import { OptionError } from '../../errors.js'

/**
 * Merges `-loglevel`: ours and the user's. The stage reads durations, stream tables and warnings from the log, and the
 * number of muxed packets at level `verbose`; to see less, listen to fewer levels.
 */

/** ffmpeg's levels by number. */
const LEVELS: Readonly<Record<string, number>> = {
  ...{ quiet: -8, panic: 0, fatal: 8, error: 16, warning: 24, info: 32, verbose: 40, debug: 48, trace: 56 },
}
const FLAGS = new Set(['repeat', 'level', 'time', 'datetime'])

/**
 * The value of `-loglevel`: prefixes every message with its level, at `info` or the more verbose level requested.
 *
 * @param values - the user's values, in order
 * @param option - the name of the option that holds them, for messages
 * @param least - the least verbose level that suffices
 */
export function mergeLogLevels(
  values: readonly string[],
  option: string,
  least: 'info' | 'verbose' = 'info',
): string {
  let asked = LEVELS['info']!
  for (const value of values) {
    const level = value.split(/[+-]/).find(word => word !== '' && !FLAGS.has(word))
    if (level === undefined) continue
    const number = LEVELS[level] ?? (/^\d+$/.test(value) ? Number(value) : undefined)
    if (number === undefined) {
      const known = Object.keys(LEVELS).join(', ')
      throw new OptionError(
        option,
        `"-loglevel" in option "${option}" must be one of ${known}, got "${value}"`,
        value,
      )
    }
    asked = number
  }
  const [name = 'trace'] =
    Object.entries(LEVELS).find(([, number]) => number >= Math.max(asked, LEVELS[least]!)) ?? []
  return `level+${name}`
}
