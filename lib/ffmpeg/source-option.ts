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
