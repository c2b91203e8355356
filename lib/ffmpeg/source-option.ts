import { isReadable } from '../io/stream-kinds.js'
import { isNotASource, notASource } from '../io/sources/not-a-source.js'
import type { RandomAccess } from '../io/random-access.js'
import { optionsObject } from '../options.js'

/** What an input is, wherever there is one: a source alone, or an object that has it beside what ffmpeg is told. */
interface SourceKind {
  /** What counts as a source, alone or as `source`. */
  readonly isSource: (given: unknown) => boolean
  /** What a source is, for messages. */
  readonly rule: string
}

/** What is read by seeking. */
const SEEKABLE: SourceKind = {
  isSource: isRandomAccess,
  rule: 'a RandomAccess, an object with the methods size() and read()',
}

/** What is read by seeking, or piped in. */
export const SEEKABLE_OR_STREAM: SourceKind = {
  isSource: given => isReadable(given) || isRandomAccess(given),
  rule: 'a Readable, or a RandomAccess with the methods size() and read()',
}

/** Whether something has random access, as far as can be seen from outside. */
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
 * @param option - what it is called, for messages
 * @throws {@link OptionError} for what people give in place of a source, with what to make of it
 */
export function inputObject(given: unknown, option: string, kind = SEEKABLE): object {
  if (kind.isSource(given)) return { source: given }
  if (isNotASource(given) || isReadable(given))
    throw notASource(option, `${kind.rule}, or { source, … }`, given)
  return optionsObject(given, option)
}
