import { OptionError } from '../../errors.js'

/**
 * `-loglevel`: ours and the user's. The stage reads durations, stream tables and warnings from the log, and how
 * many packets were muxed at the level `verbose`; whoever wants less listens to fewer levels.
 */

/** ffmpeg's levels by number. */
const LEVELS: Readonly<Record<string, number>> = {
  ...{ quiet: -8, panic: 0, fatal: 8, error: 16, warning: 24, info: 32, verbose: 40, debug: 48, trace: 56 },
}
const FLAGS = new Set(['repeat', 'level', 'time', 'datetime'])

/**
 * The value of `-loglevel`: every message with its level in front, at `info` or the more talkative level asked for.
 *
 * @param values - the user's values, which ffmpeg takes one after the other
 * @param option - the option that holds them, for messages
 * @param least - the least talkative level that will do
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
