import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Tarball, dependenciesOf } from './packed-app.js'

/** The package's limits. Raise one only on purpose, and say in the commit what users get for it. */
const BUDGET = {
  /** Download size, in bytes. */
  tarball: 700_000,
  /** Size of the package's own files, in bytes. */
  package: 2_400_000,
  /** Size with all dependencies (half of it is zod, for jobs), in bytes; the SDK is a peer. */
  installed: 15_000_000,
  /** CPU time to import it after the SDK ÷ CPU time to import the SDK: about 0.35, and 1.5 unbundled. */
  importCpu: 0.8,
}

/** A measured value and its limit. */
export interface Measured {
  readonly name: string
  readonly value: number
  readonly limit: number
}

/** Measures an app that {@link installPacked} made. */
export async function measure(app: string, tarball: Tarball): Promise<Measured[]> {
  const modules = join(app, 'node_modules')
  const others = await dependenciesOf(join(modules, 'avio-streams'))
  const sizes = await Promise.all(['avio-streams', ...others].map(name => sizeOf(join(modules, name))))
  return [
    { name: 'tarball, bytes', value: tarball.size, limit: BUDGET.tarball },
    { name: 'package, bytes', value: sizes[0]!, limit: BUDGET.package },
    { name: 'installed, bytes', value: sizes.reduce((sum, size) => sum + size), limit: BUDGET.installed },
    { name: "import ÷ the SDK's, CPU", value: await importCpu(app), limit: BUDGET.importCpu },
  ]
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = files
    .filter(file => file.isFile())
    .map(async file => (await stat(join(file.parentPath, file.name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

const ROUNDS = 9

/**
 * CPU time, because other processes affect the clock; a ratio within one process, because a busy machine slows both
 * imports; the median, because one of nine rounds may be disturbed in one import only.
 */
async function importCpu(app: string): Promise<number> {
  const code = `
const spent = async name => {
  const before = process.cpuUsage()
  await import(name)
  const { user, system } = process.cpuUsage(before)
  return user + system
}
const sdk = await spent('@aws-sdk/client-s3')
console.log(await spent('avio-streams') / sdk)`
  const ratios: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: app,
    })
    ratios.push(Number(stdout))
  }
  return ratios.sort((a, b) => a - b)[(ROUNDS - 1) / 2]!
}
