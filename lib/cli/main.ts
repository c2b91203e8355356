import { nearest } from '../options/nearest-name.js'
import { inOwnOptions } from './arguments/callers-words.js'
import { isUsageError, usageError } from './arguments/usage-error.js'
import type { Context, RunCommand } from './commands/context.js'
import { COMMAND_HELP, HELP } from './commands/help.js'
import { packageVersion } from './commands/package-version.js'
import { EXIT, SIGNALS, exitCodeOf } from './report/exit-code.js'
import { Reporter } from './report/reporter.js'

/** Each is loaded when it is run: help and mistakes need no SDK. */
const COMMANDS: Readonly<Record<string, () => Promise<RunCommand>>> = {
  run: async () => (await import('./commands/run-command.js')).runCommand,
  probe: async () => (await import('./commands/probe-command.js')).probeCommand,
  thumbnails: async () => (await import('./commands/image-commands.js')).thumbnailsCommand,
  storyboard: async () => (await import('./commands/image-commands.js')).storyboardCommand,
  plan: async () => (await import('./commands/plan-command.js')).planCommand,
  step: async () => (await import('./commands/step-command.js')).stepCommand,
  package: async () => (await import('./commands/package-command.js')).packageCommand,
  worker: async () => (await import('./commands/worker-command.js')).workerCommand,
  add: async () => (await import('./commands/add-command.js')).addCommand,
  batch: async () => (await import('./commands/batch-command.js')).batchCommand,
  status: async () => (await import('./commands/status-command.js')).statusCommand,
  cancel: async () => (await import('./commands/cancel-command.js')).cancelCommand,
  clean: async () => (await import('./commands/clean-command.js')).cleanCommand,
  doctor: async () => (await import('./commands/doctor-command.js')).doctorCommand,
}

/** Those that take `-y`. */
const STORES = new Set(['thumbnails', 'storyboard', 'package'])

const ASKS_FOR_HELP = new Set(['-h', '-help', '--help', '-?'])

/**
 * The command: runs what the words say, and tells how it ended.
 *
 * @param words - the command line, without the program's name
 * @returns the exit code
 */
export async function main(words: readonly string[], context: Context): Promise<number> {
  const { stderr, signal } = context
  try {
    return await dispatch(words, context)
  } catch (error) {
    const isJson = words.includes('--json')
    const reporter = new Reporter(stderr, { isJson, isQuiet: false })
    const isAbort = error === signal.reason || (error as { name?: unknown } | null)?.name === 'AbortError'
    if (signal.aborted && isAbort) {
      const name = signal.reason as keyof typeof SIGNALS
      reporter.error(new Error(`Interrupted (${name}). Nothing was stored.`), SIGNALS[name])
      return SIGNALS[name]
    }
    const exitCode = exitCodeOf(error)
    reporter.error(inOwnOptions(error), exitCode)
    if (isUsageError(error) && !isJson) reporter.note('"avio-streams --help" shows examples.')
    if (exitCode === EXIT.exists && mayTakeOverwrite(words) && !isJson) reporter.note('Add -y to replace it.')
    return exitCode
  }
}

/** Whether `-y` is an option here, and is not given. A job says itself what it may replace. */
function mayTakeOverwrite(words: readonly string[]): boolean {
  const [first = ''] = words
  return (
    (first.startsWith('-') || STORES.has(first)) && !words.includes('-y') && !words.includes('--overwrite')
  )
}

async function dispatch(words: readonly string[], context: Context): Promise<number> {
  const [first, ...rest] = words
  if (first === undefined) {
    context.stderr.write(HELP)
    return EXIT.usage
  }
  if (ASKS_FOR_HELP.has(first) || first === 'help') return printHelp(rest[0], context)
  if (first === '--version') {
    context.stdout.write(`avio-streams ${packageVersion()}\n`)
    return EXIT.done
  }
  if (first.startsWith('-')) {
    const { transcodeCommand } = await import('./commands/transcode-command.js')
    return await transcodeCommand(words, context)
  }
  const load = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined
  if (load === undefined) throw unknownCommand(first)
  if (rest.some(word => ASKS_FOR_HELP.has(word))) return printHelp(first, context)
  return await (
    await load()
  )(rest, context)
}

function printHelp(command: string | undefined, { stdout }: Context): number {
  const known = command !== undefined && Object.hasOwn(COMMAND_HELP, command)
  stdout.write(known ? COMMAND_HELP[command]! : HELP)
  return EXIT.done
}

function unknownCommand(word: string) {
  const names = Object.keys(COMMANDS)
  const meant = nearest(word, names)
  const hint =
    meant === undefined ? `Commands are ${names.join(', ')}; inputs need -i.` : `Did you mean "${meant}"?`
  return usageError(word, `"${word}" is no command. ${hint}`)
}
