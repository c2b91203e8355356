import { chmod, link, readdir, rename, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Unavailable, debianTree } from './debian-tree.js'
import { machineSuite } from './machine-suite.js'
import { quoted } from './quoted.js'

/** `initdb` starts `postgres` by itself, as a file beside it; so both are scripts around the tree's loader. */
const PROGRAMS = ['initdb', 'postgres']

/**
 * Unpacks Debian's PostgreSQL into the cache, unless it is there.
 *
 * @returns the folder of its programs
 * @throws {@link Unavailable} also for root, whose cache no other user can read
 */
export async function postgresTree(): Promise<string> {
  if (process.getuid?.() === 0)
    throw new Unavailable('as root it must be installed: apt-get install postgresql')
  const tree = await debianTree({
    suite: await machineSuite(),
    packages: ['postgresql'],
    privateLibraries: [],
  })
  const parent = join(tree.folder, 'usr/lib/postgresql')
  const [version] = await readdir(parent)
  const bin = join(parent, version!, 'bin')
  for (const program of PROGRAMS) await wrap(program)
  return bin

  async function wrap(program: string): Promise<void> {
    const [file, binary, made] = ['', '.elf', `.${process.pid}`].map(ending => join(bin, program + ending))
    // Another run may be here at the same time: each step gives the same whoever is first.
    await link(file!, binary!).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
    // `--argv0`, because it finds its other files by its own path.
    const [loader, args] = tree.command(relative(join(tree.folder, 'usr/bin'), binary!), [])
    await writeFile(
      made!,
      `#!/bin/sh\nexec ${[loader, '--argv0', file!, ...args].map(quoted).join(' ')} "$@"\n`,
    )
    await chmod(made!, 0o755)
    await rename(made!, file!)
  }
}
