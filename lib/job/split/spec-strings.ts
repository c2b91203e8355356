import { optionError, stringOption } from '../../options.js'

/** A string that must be given. @param option - its path: `source.key` */
export function needed(options: object, option: string): string {
  const value = stringOption(options, option, { default: undefined })
  if (value === undefined) throw optionError(option, 'given', value)
  return value
}

/** A string that may be given, under its own name. @param option - its path: `source.etag` */
export function optional(options: object, option: string): Record<string, string> {
  const value = stringOption(options, option, { default: undefined })
  return value === undefined ? {} : { [option.slice(option.indexOf('.') + 1)]: value }
}
