import { GiB, KiB, MiB } from '../../options.js'
import { usageError } from './usage-error.js'

const UNITS: Readonly<Record<string, number>> = { KiB, MiB, GiB }

/**
 * A number of bytes: `512MiB`, `2GiB`.
 *
 * @param word - as on the command line
 * @param option - the name of the option, for messages
 * @param min - the smallest size, in bytes: a whole number of MiB
 * @throws {@link OptionError} for anything else
 */
export function sizeOption(word: string, option: string, min: number): number {
  const [, count, unit = ''] = /^(\d{1,6})([KMG]iB)$/.exec(word) ?? []
  const factor = UNITS[unit]
  const size = count === undefined || factor === undefined ? NaN : Number(count) * factor
  if (size >= min) return size
  throw usageError(
    option,
    `${option} must be a size, such as 512MiB or 2GiB, of at least ${min / MiB}MiB; it is "${word}".`,
  )
}
