import { usageError } from './usage-error.js'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * A span of time in milliseconds: `90s`, `30m`, `24h`, `7d`.
 *
 * @param word - as on the command line
 * @param option - the name of the option, for messages
 * @throws {@link OptionError} for anything else
 */
export function durationOption(word: string, option: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(word) ?? []
  const factor = UNITS[unit]
  if (count === undefined || factor === undefined)
    throw usageError(
      option,
      `${option} must be a span of time, such as 90s, 30m, 24h or 7d; it is "${word}".`,
    )
  return Number(count) * factor * 1000
}
