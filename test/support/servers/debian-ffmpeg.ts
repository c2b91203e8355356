import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type DebianTree, Unavailable, debianTree } from './debian-tree.js'
import { quoted } from './quoted.js'

/** The ffmpeg and ffprobe of a Debian suite, as ordinary programs. */
export interface DebianFfmpeg {
  /** Their suite: the fallback if the requested suite has none at the moment. */
  readonly suite: string
  /** The version that ffmpeg reports: `7.1.2-0+deb13u1`. */
  readonly version: string
  readonly ffmpegPath: string
  readonly ffprobePath: string
}

const PACKAGES = { packages: ['ffmpeg'], privateLibraries: ['pulseaudio', 'blas', 'lapack'] }

/** During a transition, sid's packages may depend on removed ones; the next release is consistent. */
const STANDS_IN: Readonly<Record<string, string>> = { sid: 'forky', unstable: 'forky' }

const exec = promisify(execFile)

/**
 * Fetches the packages unless they are in the cache (20–30 s, 700 MB of disk).
 *
 * @param of - makes the programs of a suite
 * @throws {@link Unavailable} if neither the suite nor its fallback is available
 */
export async function debianFfmpeg(
  suite: string,
  of: (suite: string) => Promise<DebianFfmpeg> = ffmpegOf,
): Promise<DebianFfmpeg> {
  try {
    return await of(suite)
  } catch (error) {
    const other = STANDS_IN[suite]
    if (!(error instanceof Unavailable) || other === undefined) throw error
    return await of(other).catch((): never => {
      throw error
    })
  }
}

async function ffmpegOf(suite: string): Promise<DebianFfmpeg> {
  const tree = await debianTree({ suite, ...PACKAGES })
  const [ffmpegPath, ffprobePath] = await wrappers(tree, ['ffmpeg', 'ffprobe'])
  try {
    const version = await ffmpegVersion(ffmpegPath!)
    return { suite, version, ffmpegPath: ffmpegPath!, ffprobePath: ffprobePath! }
  } catch (cause) {
    throw new Unavailable(`its ffmpeg does not run: ${(cause as Error).message.trim()}`, { cause })
  }
}

/** The second word after the program's name in the first line of `-version`. */
export async function ffmpegVersion(ffmpegPath: string): Promise<string> {
  const { stdout } = await exec(ffmpegPath, ['-version'])
  return /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'of an unknown version'
}

/**
 * Programs of a tree run by its own loader, with an argument list, but callers need a file. It is rewritten each time,
 * because the tree may have moved, and renamed into place, because other runs may be starting the old one.
 */
async function wrappers(tree: DebianTree, programs: readonly string[]): Promise<string[]> {
  const folder = join(tree.folder, 'wrappers')
  await mkdir(folder, { recursive: true })
  const making = await mkdtemp(join(tree.folder, 'making-wrappers-'))
  try {
    return await Promise.all(
      programs.map(async program => {
        const [file, args] = tree.command(program, [])
        const made = join(making, program)
        // `exec`, so that the started process is ffmpeg itself and receives the signals.
        await writeFile(made, `#!/bin/sh\nexec ${[file, ...args].map(quoted).join(' ')} "$@"\n`)
        await chmod(made, 0o755)
        await rename(made, join(folder, program))
        return join(folder, program)
      }),
    )
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}
