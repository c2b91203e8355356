import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '../../test/support/find-program.js'
import { type DebianTree, debianTree, osRelease } from '../../test/support/servers/debian-tree.js'
import { quoted } from '../../test/support/servers/quoted.js'
import { cacheFolder } from './cache-folder.js'

/**
 * The tools that others use for the same work. Those that are no packages of this project are fetched into the cache,
 * once: nothing is installed on the machine. One that can't be had is named with the reason.
 */

/** A peer that can be measured. */
export interface FoundPeer {
  /** A program's file, or a package's folder. */
  readonly path: string
  readonly version: string
}

/** A peer that can't be had. */
export interface MissingPeer {
  readonly reason: string
}

/** All peers, by name. */
export type Peers = Readonly<Record<string, FoundPeer | MissingPeer>>

const execute = promisify(execFile)

/** Packages that only benchmarks use, and the versions that their contenders are written for. */
const FETCHED = { 'node-av': '^6.1.1', 'fluent-ffmpeg': '^2.1.3', mp4frag: '^0.7.0' } as const
/** Packages that this project's tests use as well. */
const PRESENT = ['@aws-sdk/lib-storage', 'mediabunny', 'mp4box'] as const

const FINDERS: Readonly<Record<string, () => Promise<FoundPeer>>> = {
  awscli: () => program({ name: 'aws', debian: 'awscli', version: ['--version'], wrap: python }),
  rclone: () => program({ name: 'rclone', debian: 'rclone', version: ['version'], wrap: plain }),
  ffmpeg: ffmpeg,
  ...Object.fromEntries(Object.entries(FETCHED).map(([name, range]) => [name, () => fetched(name, range)])),
  ...Object.fromEntries(PRESENT.map(name => [name, () => present(name)])),
}

/** The names of all peers. */
export const PEERS: readonly string[] = Object.keys(FINDERS)

/** Looks for each, and fetches it if need be. */
export async function findPeers(names: readonly string[]): Promise<Peers> {
  const found: [string, FoundPeer | MissingPeer][] = []
  // One after the other: apt and npm lock their caches.
  for (const name of new Set(names)) {
    const find = FINDERS[name]
    if (find === undefined) throw new Error(`No peer ${name}; there are ${PEERS.join(', ')}`)
    found.push([name, await find().catch((error: unknown) => ({ reason: reasonOf(error) }))])
  }
  return Object.fromEntries(found)
}

/** The last line that an installer printed, or the message. */
function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as { stderr?: string; message: string }
  const lines = stderr
    .split('\n')
    .map(line => line.replace(/^npm (error|ERR!) ?/, '').trim())
    .filter(line => line !== '' && !/log of this run/i.test(line))
  return lines.at(-1) ?? message.split('\n')[0] ?? 'unknown'
}

async function ffmpeg(): Promise<FoundPeer> {
  const path = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
  return { path, version: firstVersion((await execute(path, ['-version'])).stdout) }
}

/** The first word with a dotted number in what a program says of itself. */
export function firstVersion(text: string): string {
  return /\d+\.\d+[\w.+~-]*/.exec(text)?.[0] ?? 'unknown'
}

// ------------------------------------------------------------------------------------------------ packages

async function present(name: string): Promise<FoundPeer> {
  return await packageIn(join(import.meta.dirname, '..', '..'), name)
}

async function packageIn(folder: string, name: string): Promise<FoundPeer> {
  const path = join(folder, 'node_modules', ...name.split('/'))
  const { version } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as { version: string }
  return { path, version }
}

async function fetched(name: string, range: string): Promise<FoundPeer> {
  const parent = join(cacheFolder(), 'peers')
  const folder = join(parent, `${name}@${range.replace('^', '')}`)
  if (!existsSync(folder)) {
    await mkdir(parent, { recursive: true })
    const making = await mkdtemp(join(parent, 'making-'))
    try {
      // Scripts would download what no registry has; the binary of node-av is a package of its own.
      const options = ['--no-save', '--ignore-scripts', '--no-fund', '--no-audit']
      await execute('npm', ['install', '--prefix', making, ...options, `${name}@${range}`])
      await rename(making, folder)
    } finally {
      await rm(making, { recursive: true, force: true })
    }
  }
  const found = await packageIn(folder, name)
  // A package without a binary for this machine is known by its import.
  await execute(process.execPath, ['--input-type=module', '--eval', `await import('${entryOf(found.path)}')`])
  return found
}

/** The file that `import` of a package's folder loads, as a path. */
export function entryOf(folder: string): string {
  const { name } = createRequire(import.meta.url)(join(folder, 'package.json')) as { name: string }
  return createRequire(join(dirname(folder), 'x.js')).resolve(name)
}

// ------------------------------------------------------------------------------------------------ programs

interface Program {
  readonly name: string
  /** Debian's package of it. */
  readonly debian: string
  /** The arguments that ask for the version. */
  readonly version: readonly string[]
  /** The command that starts it from an unpacked tree. */
  readonly wrap: (tree: DebianTree, name: string) => readonly string[]
}

const plain: Program['wrap'] = (tree, name) => {
  const [file, args] = tree.command(name, [])
  return [file, ...args]
}

/** A script of Python's, by the tree's own interpreter. */
const python: Program['wrap'] = (tree, name) => {
  const [file, args] = tree.command('python3', [join(tree.folder, 'usr/bin', name)])
  return ['env', `PYTHONHOME=${join(tree.folder, 'usr')}`, 'PYTHONNOUSERSITE=1', file, ...args]
}

/** A program on PATH that answers, else Debian's, unpacked. */
async function program({ name, debian, version, wrap }: Program): Promise<FoundPeer> {
  const onPath = findProgram({ variable: `${name.toUpperCase()}_PATH`, names: [name] })
  if (onPath !== undefined) {
    const said = await versionOf(onPath, version).catch(() => undefined)
    if (said !== undefined) return { path: onPath, version: said }
  }
  const { VERSION_CODENAME: suite = 'stable' } = await osRelease()
  const tree = await debianTree({ suite, packages: [debian], privateLibraries: [] })
  const path = join(tree.folder, `${name}.sh`)
  await writeFile(path, `#!/bin/sh\nexec ${wrap(tree, name).map(quoted).join(' ')} "$@"\n`)
  await chmod(path, 0o755)
  return { path, version: await versionOf(path, version) }
}

async function versionOf(path: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await execute(path, [...args])
  return firstVersion(stdout + stderr)
}
