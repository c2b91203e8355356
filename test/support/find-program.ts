import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The path of a program: that of the variable, else the first of these names on PATH, else in one of these
 * folders; `undefined` if there is none. `.ci/setup.mjs` looks in the same places.
 */
export function findProgram({
  variable,
  names,
  folders = [],
}: {
  readonly variable: string
  readonly names: readonly string[]
  readonly folders?: readonly string[]
}): string | undefined {
  const chosen = process.env[variable]
  if (chosen !== undefined && chosen !== '') return chosen
  const places = [...(process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== ''), ...folders]
  return names.flatMap(name => places.map(folder => join(folder, name))).find(isProgram)
}

/** The folders of Debian's versions of PostgreSQL, the newest first: none of them is on PATH. */
export function postgresFolders(parent = '/usr/lib/postgresql'): string[] {
  try {
    const versions = readdirSync(parent).sort((a, b) => Number(b) - Number(a))
    return versions.map(version => join(parent, version, 'bin'))
  } catch {
    return []
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
