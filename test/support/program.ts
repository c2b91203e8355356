import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the working tree. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Where `npm test` compiles to, with the tree's shape. */
export const BUILD = join(ROOT, '.build')

/** Where it bundles the command to. */
export const COMMAND = join(BUILD, 'command')

/** Whether this process runs from there, and not from the sources. */
const isCompiled = process.argv[1]?.startsWith(BUILD + sep) === true

/** The compiled file of a source. */
export function compiledOf(source: string): string {
  return join(BUILD, relative(ROOT, source).replace(/\.ts$/, '.js'))
}

/**
 * What `node` takes to run a program of ours: the compiled one where this process is one itself, and the command from its
 * bundle; else the source with the loader that compiles it on the way, which takes three times as long to start.
 *
 * @param source - the program, a .ts file: a path, or a URL as `new URL('../fixtures/x.ts', import.meta.url)`
 */
export function programArgs(source: string | URL): string[] {
  const { execArgv, path } = programOf(source)
  return [...execArgv, path]
}

/** The same in two parts, as `fork()` takes them. */
export function programOf(source: string | URL): { execArgv: string[]; path: string } {
  const path = source instanceof URL ? fileURLToPath(source) : source
  if (!isCompiled) return { execArgv: ['--import', 'tsx'], path }
  const isCommand = path === join(ROOT, 'lib', 'cli.ts')
  return { execArgv: [], path: isCommand ? join(COMMAND, 'cli.mjs') : compiledOf(path) }
}
