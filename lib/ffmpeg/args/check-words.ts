import { OptionError } from '../../errors.js'
import { show } from '../../options.js'

/**
 * A shell splits a command line into words and removes their quotes; nothing does that to a list. ffmpeg would report
 * that it has no option `c:v libx264` or, worse, store a title under the name `'title`.
 */

/** Options whose value is one or more filters; there `'null'` is a filter name in ffmpeg's own quotes. */
const FILTERS = /^-(?:vf|af|filter|filter_complex|lavfi)(?::|$)/

/**
 * Checks an element that begins an option.
 *
 * @param args - the user's list
 * @param at - the element's index
 * @param option - the name of the option that holds the list, for messages
 * @throws {@link OptionError} for an option and its value in one element, and for shell quotes
 */
export function checkElement(args: readonly string[], at: number, option: string): void {
  const element = args[at]!
  const bare = unquoted(element) ?? element
  const words = isSeveral(bare.trim()) ? wordsOf(bare.trim()) : [bare.trim()]
  if (words.length === 1 && words[0] === element) return
  if (!words[0]!.startsWith('-') && bare === element) return
  throw wrongElement(args, at, option, words)
}

/**
 * Checks the value of an option; it may hold spaces, and quotes within it (`title='a b'`).
 *
 * @param args - the user's list
 * @param at - the value's index
 * @param option - the name of the option that holds the list, for messages
 * @throws {@link OptionError} for quotes around it
 */
export function checkValue(args: readonly string[], at: number, option: string): void {
  const element = args[at]!
  const bare = unquoted(element)
  if (bare === undefined) return
  if (FILTERS.test(args[at - 1]!) && /^'[\w@]+'$/.test(element)) return
  throw wrongElement(args, at, option, [bare])
}

/** The text between shell quotes; `undefined` unless they enclose the whole element. */
function unquoted(element: string): string | undefined {
  const [quote = ''] = element
  if (element.length < 3 || !`'"`.includes(quote) || quote === '' || !element.endsWith(quote))
    return undefined
  const inner = element.slice(1, -1)
  // `'a'='b'` has two quoted parts.
  return inner.includes(quote) ? undefined : inner
}

/**
 * Whether an element holds an option and its value, separated by a space or an equals sign. The specifier
 * `m:title:two words` may contain spaces.
 */
function isSeveral(element: string): boolean {
  const [name = ''] = element.split(/[\s=]/, 1)
  return /^-[\w/]/.test(element) && name !== element && !/:m:/.test(name)
}

/** The elements to write instead: every word if more options follow, else an option and its value. */
function wordsOf(element: string): string[] {
  if (/\s-[a-z]/i.test(element)) return element.split(/\s+/).map(word => unquoted(word) ?? word)
  const space = element.search(/[\s=]/)
  const value = element.slice(space + 1).trim()
  return [element.slice(0, space), unquoted(value) ?? value]
}

function wrongElement(
  args: readonly string[],
  at: number,
  option: string,
  words: readonly string[],
): OptionError {
  const right = words.map(word => JSON.stringify(word)).join(', ')
  const reason =
    words.length > 1
      ? 'an option and its value are separate elements'
      : 'no shell removes quotes or spaces, so ffmpeg would read them'
  return new OptionError(
    option,
    `Element ${at} of option "${option}" is ${show(args[at])}: ${reason}. Write ${right}`,
    args,
  )
}
