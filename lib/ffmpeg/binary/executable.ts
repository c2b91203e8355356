import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'

/** The absolute path of a program, or the reason why there is none. */
export type Found = { readonly path: string } | { readonly problem: string }

/** Resolves a user's choice: a path, or a bare name to look up on PATH. */
export function named(value: string, env: NodeJS.ProcessEnv): Promise<Found> {
  return /[/\\]/.test(value) ? runnable(value) : fromPath(value, env)
}

/** Where programs were found, by name and PATH. */
const places = new Map<string, string>()

/** Looks a program up on PATH. Its place is remembered, as in a shell, until it can no longer be run there. */
export async function fromPath(name: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const place = [name, env['PATH']].join(delimiter)
  const known = places.get(place)
  const again = known === undefined ? undefined : await runnable(known)
  if (again !== undefined && 'path' in again) return again
  const found = await search(name, env)
  if ('path' in found) places.set(place, found.path)
  else places.delete(place)
  return found
}

async function search(name: string, env: NodeJS.ProcessEnv): Promise<Found> {
  // An empty entry means the current directory; nothing runs from there by default.
  const folders = (env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '')
  const names = process.platform === 'win32' ? [`${name}.exe`, name] : [name]
  let problem = `"${name}" is in no folder of PATH`
  for (const folder of folders) {
    for (const file of names) {
      const found = await runnable(join(folder, file))
      if ('path' in found) return found
      if (found.problem !== MISSING) problem = `"${join(folder, file)}": ${found.problem}`
    }
  }
  return { problem }
}

const MISSING = 'there is no such file'

/** Whether a file exists and this user may execute it. */
export async function runnable(path: string): Promise<Found> {
  try {
    if (!(await stat(path)).isFile()) return { problem: 'it is not a file' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { problem: code === 'ENOENT' || code === 'ENOTDIR' ? MISSING : String(code) }
  }
  try {
    await access(path, constants.X_OK)
  } catch {
    return { problem: 'this user may not execute it' }
  }
  return { path: resolve(path) }
}
