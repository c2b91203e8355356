import { parseArgs } from 'node:util'
import type { OptionError } from '../../errors.js'
import { nearest } from '../../options/nearest-name.js'
import { usageError } from './usage-error.js'

/** Options of ours, `--name`: those that every command has, and reading them. */

/** A table of options, as `util.parseArgs` takes it. */
export type OptionTable = Readonly<
  Record<
    string,
    { readonly type: 'string' | 'boolean'; readonly multiple?: boolean; readonly short?: string }
  >
>

/** The values of a table's options; those that are not given are absent. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends { type: 'boolean' }
    ? boolean
    : Table[Name] extends { multiple: true }
      ? string[]
      : string
}

/** Options that every command has. */
export const SHARED = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  endpoint: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  'path-style': { type: 'boolean' },
  ffmpeg: { type: 'string' },
  ffprobe: { type: 'string' },
} as const satisfies OptionTable

/** Options that open more to a job. */
export const OF_PLACES = {
  'allow-host': { type: 'string', multiple: true },
  'allow-address': { type: 'string', multiple: true },
  'allow-file': { type: 'string', multiple: true },
  'allow-bucket': { type: 'string', multiple: true },
  'allow-prefix': { type: 'string', multiple: true },
} as const satisfies OptionTable

/** Options of the commands that move media. */
export const OF_MEMORY = {
  'memory-budget': { type: 'string' },
} as const satisfies OptionTable

/** Options of the commands that run a job. */
export const OF_JOBS = {
  ...SHARED,
  ...OF_MEMORY,
  ...OF_PLACES,
  'print-job': { type: 'boolean' },
} as const satisfies OptionTable

/** Options of the subcommands that store several objects. */
export const OF_TARGETS = {
  overwrite: { type: 'boolean', short: 'y' },
} as const satisfies OptionTable

/** What is said of each object that ffmpeg's syntax stores. */
export const OF_OBJECTS = {
  'content-type': { type: 'string' },
  'content-disposition': { type: 'string' },
  'cache-control': { type: 'string' },
  'storage-class': { type: 'string' },
  metadata: { type: 'string', multiple: true },
  tag: { type: 'string', multiple: true },
} as const satisfies OptionTable

/** What a command was given. */
export interface OwnWords<Table extends OptionTable> {
  readonly values: OptionValues<Table>
  readonly words: readonly string[]
}

/**
 * Reads the words of a subcommand.
 *
 * @param words - all of them
 * @param table - the options it has
 * @throws {@link OptionError} for an unknown option, a missing value, and a value for an option that takes none
 */
export function readWords<Table extends OptionTable>(
  words: readonly string[],
  table: Table,
): OwnWords<Table> {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: table, allowPositionals: true })
    for (const [name, value] of Object.entries(values))
      if (value === '') throw usageError(`--${name}`, `--${name} must not be empty.`)
    return { values: values, words: positionals }
  } catch (error) {
    throw wrongOption(error, words, table)
  }
}

/**
 * Reads the options before ffmpeg's own syntax; the rest of the words is that.
 *
 * @param words - all of them
 * @param table - our options
 * @throws {@link OptionError} as {@link readWords} does
 */
export function readLeading<Table extends OptionTable>(
  words: readonly string[],
  table: Table,
): OwnWords<Table> {
  let at = 0
  while (words[at]?.startsWith('--') === true && words[at] !== '--') {
    const [name = '', value] = words[at]!.slice(2).split('=', 2)
    at += table[name]?.type === 'string' && value === undefined ? 2 : 1
  }
  const own = words.slice(0, at)
  const { values, words: stray } = readWords(own, table)
  if (stray.length > 0)
    throw usageError(stray[0]!, `"${stray[0]!}" stands among the options with two dashes.`)
  return { values, words: words.slice(at) }
}

/** The condition of an output, as a part of the job: without `-y`, a target that exists is refused. */
export function unlessExists({ overwrite }: OptionValues<typeof OF_TARGETS>): { readonly ifNoneMatch?: '*' } {
  return overwrite === true ? {} : { ifNoneMatch: '*' }
}

/**
 * The values of an option `name=value`.
 *
 * @param list - as given
 * @param option - its name, for messages
 * @throws {@link OptionError} for a word without `=`
 */
export function namedValues(
  list: readonly string[] | undefined,
  option: string,
): Record<string, string> | undefined {
  if (list === undefined) return undefined
  const pairs = list.map(word => {
    const at = word.indexOf('=')
    if (at < 1) throw usageError(option, `${option} must be name=value; it is "${word}".`)
    return [word.slice(0, at), word.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}

/**
 * The value of an option that is a number.
 *
 * @throws {@link OptionError} for anything else, and outside of the bounds
 */
export function numberValue(
  word: string | undefined,
  option: string,
  { min, max, isInteger = true }: { min: number; max: number; isInteger?: boolean },
): number | undefined {
  if (word === undefined) return undefined
  const value = /^\d+(\.\d+)?$/.test(word) ? Number(word) : NaN
  if (value >= min && value <= max && (!isInteger || Number.isInteger(value))) return value
  throw usageError(
    option,
    `${option} must be ${isInteger ? 'an integer' : 'a number'} from ${min} to ${max}; it is "${word}".`,
  )
}

function wrongOption(error: unknown, words: readonly string[], table: OptionTable): unknown {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (!code.startsWith('ERR_PARSE_ARGS_')) return error
  // `Unknown option '--x'. …`, `Option '--x <value>' argument missing`.
  const shown = /'(-{1,2}[^\s'=]*)/.exec(message)?.[1] ?? words[0] ?? ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return unknownOption(shown, table)
  const name = shown.replace(/^-\w, /, '').replace(/^--?/, '')
  const isSwitch = table[name]?.type === 'boolean'
  return usageError(
    shown,
    isSwitch
      ? `${shown} takes no value.`
      : `${shown} needs a value. One that begins with "-" is written as ${shown}=VALUE.`,
  )
}

function unknownOption(option: string, table: OptionTable): OptionError {
  const meant = nearest(option.replace(/^--?/, ''), Object.keys(table))
  const hint =
    meant === undefined
      ? `The options are: ${Object.keys(table)
          .map(name => `--${name}`)
          .join(', ')}.`
      : `Did you mean --${meant}?`
  return usageError(option, `The option ${option} is unknown. ${hint}`)
}
