import { types } from 'node:util'
import { OptionError } from './errors.js'
import { nearest } from './options/nearest-name.js'

/**
 * Shared option checks: every constructor takes one object and reads each option through one of these.
 * Values are never clamped. `undefined` means the default; `null` is an error like any other wrong value.
 * The message names the option, the rule with its unit, and the value given.
 */

/** 1 KiB, in bytes. */
export const KiB = 1024
/** 1 MiB, in bytes. */
export const MiB = 1024 * KiB
/** 1 GiB, in bytes. */
export const GiB = 1024 * MiB
/** 1 TiB, in bytes. */
export const TiB = 1024 * GiB

/** The longest delay Node's timers accept, in milliseconds (2³¹ − 1). */
export const MAX_TIMEOUT = 2 ** 31 - 1

interface NumberRule<D> {
  /** The smallest value allowed, inclusive. */
  min: number
  /** The largest value allowed, inclusive. */
  max: number
  /** The value when the option is omitted. */
  default: D
  /** `bytes`, `milliseconds` …, for the message. */
  unit?: string
  /** Also accepts `Infinity`, for no limit. */
  infinity?: boolean
}

/** A value as shown in a message: short, with `"8"` distinct from `8`. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'bigint') return `${value.toString()}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return `an array of ${value.length}`
    const name = (value as { constructor?: { name?: string } }).constructor?.name
    return name !== undefined && name !== '' && name !== 'Object' ? `${article(name)} ${name}` : 'an object'
  }
  return String(value)
}

/** By how the name of a class is read aloud: an AbortController, an S3Source, a FileSource, a Uint8Array. */
function article(name: string): string {
  return /^(?:[AEIOaeio]|Ffm|Fmp|Http|Mp\d|S\d|[FHLMNRSX][A-Z])/.test(name) ? 'an' : 'a'
}

/** An `OptionError` for `option`, whose message ends in "must be `rule`, got `value`". */
export function optionError(option: string, rule: string, value: unknown): OptionError {
  return new OptionError(option, `Option "${option}" must be ${rule}, got ${show(value)}`, value)
}

function leaf(option: string): string {
  return option.slice(option.lastIndexOf('.') + 1)
}

/** The value of `option` (a dotted name includes its parents, for the message only). */
function valueOf(options: object, option: string): unknown {
  return (options as Record<string, unknown>)[leaf(option)]
}

/**
 * Checks that the options are an object.
 *
 * @param of - the class or function, for the message
 * @param main - the option that a value by itself is probably meant for: the message says how to write it
 */
export function optionsObject(options: unknown, of: string, main?: string): object {
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !isBare(options))
    return options
  const remedy = main === undefined || options === undefined ? '' : `: write { ${main}: … }`
  throw new OptionError(
    of,
    `The options of ${of} must be an object, got ${shownBare(options)}${remedy}`,
    options,
  )
}

/** Whether it is a value that people give in the place of options. */
function isBare(value: object): boolean {
  return isUrl(value) || types.isUint8Array(value)
}

/** The query of a URL may hold a signature, and belongs in no log. */
function shownBare(value: unknown): string {
  if (isUrl(value)) return 'a URL'
  return typeof value === 'string' ? show(value.replace(/[?#].*$/s, '')) : show(value)
}

/** Rejects unknown names: a misspelt option must not be silently ignored. Suggests one that is not given. */
export function knownOptions(options: object, of: string, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const meant = nearest(
      name,
      known.filter(one => !Object.hasOwn(options, one)),
    )
    const hint = meant === undefined ? '' : `. Did you mean "${meant}"?`
    const message = `${of} has no option "${name}"; it has ${known.join(', ')}${hint}`
    throw new OptionError(name, message, valueOf(options, name))
  }
}

/** A whole number within its bounds. */
export function integerOption<D extends number | undefined>(
  options: object,
  option: string,
  rule: NumberRule<D>,
): number | D {
  const value = valueOf(options, option)
  if (value === undefined) return rule.default
  if (rule.infinity === true && value === Infinity) return value
  if (Number.isInteger(value) && (value as number) >= rule.min && (value as number) <= rule.max) {
    return value as number
  }
  const unit = rule.unit === undefined ? '' : ` ${rule.unit}`
  const or = rule.infinity === true ? ', or Infinity' : ''
  throw optionError(option, `an integer from ${rule.min} to ${rule.max}${unit}${or}`, value)
}

/** A non-empty string. */
export function stringOption<D extends string | undefined>(
  options: object,
  option: string,
  rule: { default: D },
): string | D {
  const value = valueOf(options, option)
  if (value === undefined) return rule.default
  if (typeof value === 'string' && value !== '') return value
  throw optionError(option, 'a non-empty string', value)
}

/** `true` or `false`. */
export function booleanOption(options: object, option: string, rule: { default: boolean }): boolean {
  const value = valueOf(options, option)
  if (value === undefined) return rule.default
  if (typeof value === 'boolean') return value
  throw optionError(option, 'true or false', value)
}

/** One of a few words (or other primitives). */
export function oneOfOption<T extends string | boolean>(
  options: object,
  option: string,
  rule: { values: readonly T[]; default: T },
): T {
  const value = valueOf(options, option)
  if (value === undefined) return rule.default
  if (rule.values.includes(value as T)) return value as T
  throw optionError(option, `one of ${rule.values.map(show).join(', ')}`, value)
}

/** `'*'`: the condition that nothing exists yet. */
export function ifNoneMatchOption(options: object): '*' | undefined {
  const value = valueOf(options, 'ifNoneMatch')
  // An ETag here would request something that S3 does not support on writes.
  if (value === undefined || value === '*') return value
  throw optionError('ifNoneMatch', '"*"', value)
}

/** A function. */
export function functionOption<F extends (...args: never[]) => unknown>(
  options: object,
  option: string,
): F | undefined {
  const value = valueOf(options, option)
  if (value === undefined || typeof value === 'function') return value as F | undefined
  throw optionError(option, 'a function', value)
}

/** A list of strings, copied. */
export function stringsOption(options: object, option: string): string[] {
  const value = valueOf(options, option)
  if (value === undefined) return []
  if (!Array.isArray(value)) throw optionError(option, 'an array of strings', value)
  const list: unknown[] = Array.from(value)
  const wrong = list.findIndex(item => typeof item !== 'string')
  if (wrong === -1) return list as string[]
  const element = `${option}[${wrong}]`
  throw new OptionError(
    element,
    `Option "${element}" must be a string, got ${show(list[wrong])}${remedyFor(list[wrong])}`,
    list[wrong],
  )
}

function remedyFor(item: unknown): string {
  if (typeof item === 'number' || typeof item === 'bigint') return `: write "${item}"`
  if (Array.isArray(item)) return ': spread it into the list'
  return ''
}

/** A plain object whose values are strings, copied. */
export function stringMapOption(options: object, option: string): Record<string, string> | undefined {
  const value = valueOf(options, option)
  if (value === undefined) return undefined
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isObject && Object.values(value).every(item => typeof item === 'string')) {
    return { ...(value as Record<string, string>) }
  }
  throw optionError(option, 'an object whose values are strings', value)
}

/** A plain object, not copied. */
export function objectOption<T extends object>(options: object, option: string): T | undefined {
  const value = valueOf(options, option)
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T
  throw optionError(option, 'an object', value)
}

/** An `AbortSignal`, of whatever realm. */
export function signalOption(options: object, option = 'signal'): AbortSignal | undefined {
  const value = valueOf(options, option)
  if (value === undefined) return value
  if (isSignal(value)) return adopted(value)
  const isController = isSignal((Object(value) as { signal?: unknown }).signal)
  throw optionError(
    option,
    `an AbortSignal${isController ? ' (the "signal" of an AbortController)' : ''}`,
    value,
  )
}

/**
 * Whether it is an `AbortSignal`, by what Node asks for itself: one of another realm, or of a polyfill, is no instance
 * of ours.
 */
function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}

/** Our own signals for those of others: one each, however many stages share it, and one listener on it. */
const own = new WeakMap<AbortSignal, AbortSignal>()

/** A signal that `AbortSignal.any()` takes and that has `throwIfAborted()`. */
function adopted(signal: AbortSignal): AbortSignal {
  if ((signal as object) instanceof AbortSignal) return signal
  const known = own.get(signal)
  if (known !== undefined) return known
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  own.set(signal, controller.signal)
  return controller.signal
}

/** Whether it is a `URL`, of whatever realm. */
export function isUrl(value: unknown): value is URL {
  const { href, protocol } = Object(value) as Partial<URL>
  return typeof value === 'object' && typeof href === 'string' && typeof protocol === 'string'
}
