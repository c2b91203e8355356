import { type Argument, argumentAt, isPrinting } from '../../ffmpeg/args/parse-arguments.js'
import { shownLocation } from '../../job/schema/location.js'
import { usageError } from '../arguments/usage-error.js'

/**
 * Splits a command line as ffmpeg does: options belong to the next file, which is an input after `-i` and otherwise an
 * output. Where ffmpeg would go on with a guess (an option that took the next one for its value, options behind the
 * last output), this stops and says what it saw.
 */

/** A file with the options before it. */
export interface FileWords {
  /** Its name, as on the command line. */
  readonly name: string
  readonly args: readonly Argument[]
}

/** A command line, split. */
export interface SplitWords {
  readonly inputs: readonly FileWords[]
  readonly outputs: readonly FileWords[]
  /** Options that belong to no file, such as `-y`, wherever they stood. */
  readonly globals: readonly Argument[]
}

/** Options that concern the program, not a file. */
const GLOBALS = new Set([
  ...['y', 'n', 'hide_banner', 'stdin', 'stats', 'loglevel', 'v', 'filter_complex', 'lavfi', 'stats_period'],
])

/** Options of ffmpeg's that it takes anywhere, and that may follow the last file. */
const ANYWHERE = new Set([
  ...[
    'filter_threads',
    'filter_complex_threads',
    'filter_complex_script',
    'max_alloc',
    'cpuflags',
    'cpucount',
  ],
  ...[
    'ignore_unknown',
    'copy_unknown',
    'recast_media',
    'benchmark',
    'benchmark_all',
    'timelimit',
    'dump',
    'hex',
  ],
  ...[
    'copyts',
    'start_at_zero',
    'copytb',
    'dts_delta_threshold',
    'dts_error_threshold',
    'xerror',
    'abort_on',
  ],
  ...[
    'auto_conversion_filters',
    'debug_ts',
    'max_error_rate',
    'init_hw_device',
    'filter_hw_device',
    'progress',
  ],
  ...['report', 'vstats', 'vstats_file', 'sdp_file'],
])

/**
 * Splits a command line.
 *
 * @param words - from ffmpeg's first option on
 * @throws {@link OptionError} for a line that ffmpeg would refuse, or would not read as it was meant
 */
export function splitWords(words: readonly string[]): SplitWords {
  const inputs: FileWords[] = []
  const outputs: FileWords[] = []
  const globals: Argument[] = []
  let pending: Argument[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '-i') {
      const name = words[++at]
      if (name === undefined) throw usageError('-i', 'The name of an input is missing after -i.')
      checkWord(name)
      inputs.push({ name, args: pending })
      pending = []
    } else if (!word.startsWith('-') || word === '-') {
      checkName(word, pending, inputs)
      outputs.push({ name: word, args: pending })
      pending = []
    } else {
      const argument = readOption(words, at)
      at += argument.tokens.length - 1
      if (GLOBALS.has(argument.name)) globals.push(argument)
      else pending.push(argument)
    }
  }
  return { inputs, outputs: withTrailing(outputs, pending), globals }
}

function readOption(words: readonly string[], at: number): Argument {
  const word = words[at]!
  if (word.startsWith('--')) throw twoDashes(word)
  const [, option = '', value = ''] = /^(-[\w/:]+)[\s=](.*)$/s.exec(word) ?? []
  if (option !== '' && !/:m:/.test(option))
    throw usageError(
      word,
      `"${option} …" is one word, and ffmpeg wants two: write ${option} ${quoted(value)}.`,
    )
  if (isPrinting(word))
    throw usageError(word, `"${word}" makes ffmpeg print something and end. Run ffmpeg itself for that.`)
  const argument = argumentAt(words, at)
  if (argument === undefined)
    throw usageError(word, `"${word}" needs a value, and the command line ends after it.`)
  checkOptionValue(word, argument.value)
  return argument
}

/** An option that ffmpeg doesn't know, or that was taken for one without a value, takes the next word. */
function checkOptionValue(option: string, value: string | undefined): void {
  if (value === undefined) return
  const isFile = /^s3:\/\//i.test(value)
  if (!isFile && value !== '-i' && !value.startsWith('--')) return
  const taken = isFile ? shownLocation(value) : value
  throw usageError(
    option,
    `"${option}" would take "${taken}" for its value. Every option but ffmpeg's switches (-an, -shortest …) takes ` +
      'one: give it its value, or check its spelling.',
  )
}

function checkWord(word: string): void {
  if (word === '')
    throw usageError(word, 'A word of the command line is empty: an unset variable in quotes is one.')
}

function checkName(word: string, before: readonly Argument[], inputs: readonly FileWords[]): void {
  checkWord(word)
  const last = before.at(-1)
  const swallowed = last?.value !== undefined && /^-[a-z]/i.test(last.value) && !/^[\w.-]*\/|:|\./.test(word)
  if (!swallowed) return
  throw usageError(
    word,
    `"${word}" would be an output, since "${last.tokens[0]!}" takes "${last.value}" for its value. ` +
      (inputs.length === 0
        ? 'Check that option.'
        : 'Check the spelling of that option; switches such as -an take none.'),
  )
}

/** ffmpeg takes its global options anywhere; any other one without a file after it does nothing. */
function withTrailing(outputs: FileWords[], trailing: readonly Argument[]): FileWords[] {
  const lost = trailing.find(({ name }) => !ANYWHERE.has(name))
  if (lost !== undefined) {
    throw usageError(
      lost.tokens[0]!,
      `"${lost.tokens.join(' ')}" stands behind the last output, where it does nothing: options go before their file.`,
    )
  }
  const last = outputs.at(-1)
  if (last === undefined || trailing.length === 0) return outputs
  return [...outputs.slice(0, -1), { ...last, args: [...last.args, ...trailing] }]
}

function twoDashes(word: string) {
  if (word === '--')
    return usageError(word, '"--" is no option. A file whose name begins with "-" is written as ./-name.')
  return usageError(
    word,
    `"${word.replace(/=.*/s, '')}" stands behind an option or a file of ffmpeg's. Options with two dashes go first: ` +
      `avio-streams ${word.replace(/=.*/s, '')} … -i INPUT … OUTPUT.`,
  )
}

function quoted(value: string): string {
  return /[\s"'$\\()[\];|&<>*?]/.test(value) ? `'${value.replaceAll("'", `'\\''`)}'` : value
}
