import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** The package as npm would publish it. */
export interface Tarball {
  readonly file: string
  /** Size of the tarball, in bytes. */
  readonly size: number
  /** Size of its files, in bytes. */
  readonly unpackedSize: number
}

interface Packed extends Tarball {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** What `npm pack` says of a package. */
async function npmPack(cwd: string, ...options: string[]): Promise<Packed> {
  const args = ['pack', '--ignore-scripts', '--json', ...options]
  const cli = process.env['npm_execpath']
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  const { stdout } = await run(command, [...first, ...args], { cwd, shell: false })
  const [packed] = JSON.parse(stdout) as [Packed]
  return packed
}

/** Packs the present `dist/` into `folder`: from a copy, whose pages get the links that `prepack` gives them. */
export async function pack(folder: string): Promise<Tarball> {
  const copy = join(folder, 'package-source')
  const { files } = await npmPack(root, '--dry-run')
  for (const { path } of files) await cp(join(root, path), join(copy, path))
  await run(process.execPath, [join(root, 'scripts', 'package-pages.mjs')], { cwd: copy })
  const { filename, size, unpackedSize } = await npmPack(copy, '--pack-destination', folder)
  return { file: join(folder, filename), size, unpackedSize }
}

/**
 * Makes `folder` an app as `npm install avio-streams @aws-sdk/client-s3` would, without a network: the packed files,
 * and links to the packages that they and the SDK declare. An undeclared package can't be found from there.
 *
 * @param links - further packages: the app's name for each, with its name in this repository
 */
export async function installPacked(
  folder: string,
  tarball: Tarball,
  links: Readonly<Record<string, string>> = {},
): Promise<void> {
  const library = join(folder, 'node_modules', 'avio-streams')
  await mkdir(library, { recursive: true })
  await run('tar', ['-xzf', tarball.file, '-C', library, '--strip-components=1'])
  const wanted = new Map(Object.entries(links))
  const sources = ['@aws-sdk/client-s3', ...wanted.values()]
  for (const name of [...(await dependenciesOf(library)), ...(await withDependencies(sources))])
    if (!wanted.has(name)) wanted.set(name, name)
  for (const [name, source] of wanted) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', source), link, 'junction')
  }
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
}

/** All dependencies of a package, recursively, without peers. */
export async function dependenciesOf(folder: string): Promise<string[]> {
  const { dependencies } = await readManifest(folder)
  return [...(await withDependencies(Object.keys(dependencies ?? {})))]
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** These packages and their dependencies, as far as they are at the top of `node_modules`. */
async function withDependencies(names: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    const manifest = await readManifest(join(root, 'node_modules', name)).catch(() => undefined)
    // Nested below its dependent, and linked together with it.
    if (manifest === undefined) continue
    found.add(name)
    open.push(...Object.keys(manifest.dependencies ?? {}))
  }
  return found
}
