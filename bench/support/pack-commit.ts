import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { cacheFolder } from './cache-folder.js'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A commit of this repository, built. */
export interface PackedCommit {
  /** Its full hash. */
  readonly hash: string
  /** URL of its entry point. */
  readonly library: string
}

/**
 * Builds a commit by its own scripts, from the cache or in a new folder there: nothing of the working tree takes part
 * but its packages, if they include every package that the commit locks.
 *
 * @param commit - anything that names a commit to git
 * @throws an error that tells which step failed, and how
 */
export async function packCommit(commit: string): Promise<PackedCommit> {
  const hash = await hashOf(commit)
  const folder = join(cacheFolder(), 'commits', hash)
  if (!existsSync(join(folder, 'dist', 'index.js'))) {
    await mkdir(join(cacheFolder(), 'commits'), { recursive: true })
    const making = await mkdtemp(join(cacheFolder(), 'commits', 'making-'))
    try {
      const archive = join(making, 'tree.tar')
      await execute('git', ['-C', ROOT, 'archive', '--output', archive, hash])
      await execute('tar', ['--extract', '--file', archive, '--directory', making])
      await rm(archive)
      await providePackages(making)
      await npm(making, 'run', '--silent', 'build')
      await rm(folder, { recursive: true, force: true })
      await rename(making, folder)
    } finally {
      await rm(making, { recursive: true, force: true })
    }
  }
  await providePackages(folder)
  return { hash, library: pathToFileURL(join(folder, 'dist', 'index.js')).href }
}

async function hashOf(commit: string): Promise<string> {
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`]
  const { stdout } = await execute('git', ['-C', ROOT, ...named]).catch((cause: unknown) => {
    throw new Error(`--against: there is no commit "${commit}" in this repository`, { cause })
  })
  return stdout.trim()
}

type Packages = Readonly<Record<string, { readonly version?: string }>>

async function lockedIn(folder: string): Promise<Packages> {
  const text = await readFile(join(folder, 'package-lock.json'), 'utf8')
  return (JSON.parse(text) as { packages: Packages }).packages
}

/** Whether every package of `wanted` is in `present`, in the same version. */
export function includesPackages(present: Packages, wanted: Packages): boolean {
  return Object.entries(wanted).every(
    ([name, { version }]) => name === '' || present[name]?.version === version,
  )
}

/** This tree's packages for a commit that locks the same ones, or fewer; else its own. */
async function providePackages(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  if (includesPackages(await lockedIn(ROOT), await lockedIn(folder))) {
    // The tree that a link of an earlier run leads to may be gone.
    await rm(modules, { recursive: true, force: true })
    await symlink(join(ROOT, 'node_modules'), modules)
  } else if (!existsSync(join(modules, '.package-lock.json'))) {
    await rm(modules, { recursive: true, force: true })
    await npm(folder, 'ci')
  }
}

async function npm(folder: string, ...args: string[]): Promise<void> {
  const cli = process.env['npm_execpath']
  const [file, first] = cli === undefined ? ['npm', []] : [process.execPath, [cli]]
  await execute(file, [...first, ...args], { cwd: folder, maxBuffer: 1 << 24 })
}
