import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the working tree. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Where `npm test` compiles to, with the tree's shape. */
export const BUILD = join(ROOT, '.build')

/** Whether this process runs from there, and not from the sources. */
const isCompiled = process.argv[1]?.startsWith(BUILD + sep) === true

/** The compiled file of a source. */
export function compiledOf(source: string): string {
  return join(BUILD, relative(ROOT, source).replace(/\.ts$/, '.js'))
}

/**
 * What `node` takes to run a program of ours: the compiled one where this process is one itself, else the source with the
 * loader that compiles it on the way, which takes three times as long to start.
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
  return isCompiled ? { execArgv: [], path: compiledOf(path) } : { execArgv: ['--import', 'tsx'], path }
}
