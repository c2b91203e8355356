import { OptionError } from '../errors.js'
import { isReadable } from '../io/stream-kinds.js'
import { isNotASource, notASource } from '../io/sources/not-a-source.js'
import type { RandomAccess } from '../io/random-access.js'
import { optionsObject } from '../options.js'

/** The forms of an input option: a source alone, or an object with the source and options for ffmpeg. */
interface SourceKind {
  /** Whether a value is a source, alone or as `source`. */
  readonly isSource: (given: unknown) => boolean
  /** Describes a source, for messages. */
  readonly rule: string
}

/** An input read by seeking. */
const SEEKABLE: SourceKind = {
  isSource: isRandomAccess,
  rule: 'a RandomAccess, an object with the methods size() and read()',
}

/** An input read by seeking, or piped. */
export const SEEKABLE_OR_STREAM: SourceKind = {
  isSource: given => isReadable(given) || isRandomAccess(given),
  rule: 'a Readable, or a RandomAccess with the methods size() and read()',
}

/** Whether a value looks like random access. */
export function isRandomAccess(source: unknown): source is RandomAccess {
  const { size, read } = Object(source) as Partial<RandomAccess>
  return typeof size === 'function' && typeof read === 'function'
}

/** The source of an input or a job. */
export function sourceOption(options: object, option: string, kind = SEEKABLE): RandomAccess {
  const { source } = options as { source?: unknown }
  if (kind.isSource(source)) return source as RandomAccess
  throw notASource(option, kind.rule, source)
}

/**
 * An input as an object: a source alone stands for `{ source }`.
 *
 * @param given - the input
 * @param option - its name, for messages
 * @throws {@link OptionError} for a common mistake in place of a source, with the remedy
 */
export function inputObject(given: unknown, option: string, kind = SEEKABLE): object {
  if (kind.isSource(given)) return { source: given }
  if (isNotASource(given) || isReadable(given))
    throw notASource(option, `${kind.rule}, or { source, … }`, given)
  return optionsObject(given, option)
}

/**
 * The arguments of a function that is called with `(source, options)`, or with `({ source, …options })` like the tasks.
 *
 * @param given - the first argument: a source, or the object with it
 * @param options - the second argument
 * @param of - the function, for messages
 * @returns the source, and the object with the options, which may have the source as `source`
 * @throws {@link OptionError} without a source, with the remedy for a common mistake; with two sources or two objects
 */
export function sourceArguments(
  given: unknown,
  options: object | undefined,
  of: string,
  kind = SEEKABLE,
): { readonly source: unknown; readonly options: object } {
  if (!kind.isSource(given) && 'source' in Object(given)) {
    const own = optionsObject(given, of)
    if (options === undefined) return { source: sourceOption(own, 'source', kind), options: own }
    const message = `${of} takes (source, options), or one object: put the options beside "source"`
    throw new OptionError(of, message, options)
  }
  if (!kind.isSource(given)) throw notASource('source', `${kind.rule}, or { source, … }`, given)
  const own = optionsObject(options === undefined ? {} : options, of)
  const { source } = own as { source?: unknown }
  if (source === undefined) return { source: given, options: own }
  throw new OptionError(
    'source',
    `${of} has two sources: its first argument, and the option "source"`,
    source,
  )
}
