import { OptionError } from '../../errors.js'
import { show } from '../../options.js'

/**
 * What a shell would have done to a command line and nobody does to a list: taking words apart, and taking their quotes
 * off. ffmpeg would answer that it has no option `c:v libx264`, or, worse, store a title under the name of `'title`.
 */

/** Options whose value is a filter or several, in which `'null'` is a filter's name in quotes of ffmpeg's own. */
const FILTERS = /^-(?:vf|af|filter|filter_complex|lavfi)(?::|$)/

/**
 * Checks the element where an option begins.
 *
 * @param args - the user's list
 * @param at - where in it
 * @param option - the name of the option that holds the list, for messages
 * @throws {@link OptionError} for an option and its value in one element, and for quotes
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
 * @param at - where the value is in it
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

/** What is between the quotes of a shell; `undefined` where there are none around the whole. */
function unquoted(element: string): string | undefined {
  const [quote = ''] = element
  if (element.length < 3 || !`'"`.includes(quote) || quote === '' || !element.endsWith(quote))
    return undefined
  const inner = element.slice(1, -1)
  // `'a'='b'` is made of two.
  return inner.includes(quote) ? undefined : inner
}

/**
 * Whether an option has its value in the same element, behind a space or an equals sign. The specifier
 * `m:title:two words` may have spaces of its own.
 */
function isSeveral(element: string): boolean {
  const [name = ''] = element.split(/[\s=]/, 1)
  return /^-[\w/]/.test(element) && name !== element && !/:m:/.test(name)
}

/** The elements that it should be: all of them where more options follow, else an option and its value. */
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
      ? 'an option and its value are elements of their own'
      : 'no shell takes quotes or spaces off, so ffmpeg would read them'
  return new OptionError(
    option,
    `Element ${at} of option "${option}" is ${show(args[at])}: ${reason}. Write ${right}`,
    args,
  )
}
