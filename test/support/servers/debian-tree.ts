import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Programs of any Debian suite, run on any Debian machine: apt fetches their packages and all dependencies; they are
 * unpacked into a folder of the cache and run from there by the suite's own dynamic loader.
 *
 * Nothing is installed: no root, no chroot, no maintainer script, no service that starts by itself. apt uses the
 * machine's signatures, mirror and proxy settings, but keeps lists and archives in that folder, so that it shares no
 * lock with the system's apt.
 */
export interface DebianTree {
  /** The folder of the unpacked packages. */
  readonly folder: string
  /** `lib/x86_64-linux-gnu` and the like, where the suite keeps its plugins. */
  readonly libraries: string
  /** The file and arguments that start `program` of the tree. */
  command(program: string, args: readonly string[]): [file: string, args: string[]]
}

/** Such a tree is impossible on this machine: the reason, and a remedy. */
export class Unavailable extends Error {}

const exec = promisify(execFile)
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The selection of Debian packages. */
export interface DebianPackages {
  /** `bookworm`, `sid` … */
  readonly suite: string
  /** The packages of the wanted programs. */
  readonly packages: readonly string[]
  /** Additional folders of shared libraries in these packages. */
  readonly privateLibraries: readonly string[]
}

/** A tree of packages, from the cache or new (about 15 s, 600 MB of disk for Ceph). */
export async function debianTree(wanted: DebianPackages): Promise<DebianTree> {
  const { suite, packages } = wanted
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'avio-streams')
  const folder = join(cache, [suite, ...packages].join('_'))
  if (!(await exists(folder))) {
    const mirror = await debianMirror()
    await mkdir(cache, { recursive: true })
    const made = await mkdtemp(join(cache, `making-${suite}-`))
    try {
      const archives = await download(join(made, 'apt'), mirror, wanted)
      const root = join(made, 'root')
      for (const archive of archives) await exec('dpkg-deb', ['--extract', archive, root])
      await rename(root, folder).catch(async (error: unknown) => {
        // Another run has created the same tree meanwhile.
        if (!(await exists(folder))) throw error
      })
    } finally {
      await rm(made, { recursive: true, force: true })
    }
  }
  return await openTree(folder, wanted.privateLibraries)
}

/** What `/etc/os-release` says of this machine's distribution. */
export async function osRelease(): Promise<{ ID?: string; VERSION_CODENAME?: string }> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return Object.fromEntries(
    text.split('\n').map(line => {
      const [name = '', value = ''] = line.split('=')
      return [name, value.replaceAll('"', '')]
    }),
  )
}

/** The Debian mirror of this machine's own apt. */
async function debianMirror(): Promise<string> {
  const { ID, VERSION_CODENAME = '' } = await osRelease()
  if (ID !== 'debian') throw new Unavailable('it is unpacked from Debian packages, and this is no Debian')
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!(await onPath(program))) throw new Unavailable(`it needs ${program}`)
  }
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)'
  const { stdout } = await exec('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
  // Security and third-party archives have other release names.
  const names = [VERSION_CODENAME, 'stable', 'oldstable', 'testing', 'unstable', 'sid']
  for (const line of stdout.split('\n')) {
    const [release = '', component, mirror] = line.split(' ')
    if (names.includes(release) && component === 'main' && mirror !== undefined) return mirror
  }
  throw new Unavailable("apt's sources name no Debian archive with the component main")
}

/** Has apt resolve and fetch all dependencies, as if nothing were installed. */
async function download(apt: string, mirror: string, { suite, packages }: DebianPackages): Promise<string[]> {
  const archives = join(apt, 'archives')
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true })
  await mkdir(join(archives, 'partial'), { recursive: true })
  const signed = (await exists(KEYRING)) ? `Signed-By: ${KEYRING}\n` : ''
  const source = `Types: deb\nURIs: ${mirror}\nSuites: ${suite}\nComponents: main\n${signed}`
  await writeFile(join(apt, 'archive.sources'), source)
  await writeFile(join(apt, 'status'), '')
  const settings = {
    'Dir::State': apt,
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': apt,
    'Dir::Etc::sourcelist': join(apt, 'archive.sources'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'APT::Install-Recommends': 'false',
    // As root, apt would download as a user that may not enter this folder.
    'APT::Sandbox::User': 'root',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  for (const command of [['update'], ['install', '--yes', '--download-only', ...packages]]) {
    await exec('apt-get', ['-qq', ...options, ...command], { maxBuffer: 1 << 24 }).catch((cause: unknown) => {
      const [, ...told] = (cause as Error).message.trim().split('\n')
      throw new Unavailable(`apt-get could not fetch its packages: ${told.join(' ')}`, { cause })
    })
  }
  const names = await readdir(archives)
  return names.filter(name => name.endsWith('.deb')).map(name => join(archives, name))
}

/** Finds the loader and the folders of shared libraries; their names differ by architecture and suite. */
async function openTree(folder: string, privateLibraries: readonly string[]): Promise<DebianTree> {
  const libraries: string[] = []
  let loader: string | undefined
  for (const parent of ['usr/lib', 'lib'].map(name => join(folder, name))) {
    const triples = (await readdir(parent).catch(() => [])).filter(name => name.includes('-linux-gnu'))
    for (const path of triples.map(name => join(parent, name))) {
      libraries.push(path, ...privateLibraries.map(name => join(path, name)))
      const name = (await readdir(path)).find(file => /^ld-linux.*\.so\.\d+$/.test(file))
      if (name !== undefined) loader = join(path, name)
    }
  }
  const [first] = libraries
  if (loader === undefined || first === undefined) {
    throw new Error(`There is no dynamic loader below ${folder}: remove that folder and try again`)
  }
  const start = ['--library-path', libraries.join(delimiter)]
  return {
    folder,
    libraries: first,
    command: (program, args) => [loader, [...start, join(folder, 'usr/bin', program), ...args]],
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function onPath(program: string): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}
