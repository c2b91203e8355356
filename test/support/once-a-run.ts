import { createHash, randomUUID } from 'node:crypto'
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What many test files need and none changes is made once in a run of `npm test`: the first process that needs it keeps
 * it in a folder of the run, where the others find it. Two processes may make the same at once, and either one is kept.
 * A test file that runs by hand has no such folder, and makes its own.
 */

/** The environment variable with that folder. */
export const RUN_FOLDER = 'AVIO_TEST_RUN_FOLDER'

/**
 * Bytes that depend on nothing but `key`. Each call returns a Buffer of its own.
 *
 * @param make - makes them if no process of this run has kept them
 */
export async function bytesOnceARun(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const folder = process.env[RUN_FOLDER]
  if (!folder) return await make()
  const file = join(folder, createHash('sha256').update(key).digest('hex'))
  const kept = await orMissing(readFile(file))
  if (kept !== undefined) return kept
  const bytes = await make()
  // In one step, so that others find all of it or nothing.
  const making = `${file}.${randomUUID()}`
  await writeFile(making, bytes)
  await rename(making, file)
  return bytes
}

/**
 * A folder that depends on nothing but its name.
 *
 * @param make - makes it if no process of this run has kept it; returns its path, on the disk of the run's folder
 * @returns its path
 */
export async function folderOnceARun(name: string, make: () => Promise<string>): Promise<string> {
  const folder = process.env[RUN_FOLDER]
  if (!folder) return await make()
  const kept = join(folder, name)
  const isKept = async () => (await orMissing(access(kept).then(() => true))) ?? false
  if (await isKept()) return kept
  const made = await make()
  await rename(made, kept).catch(async (error: unknown) => {
    // Another process has kept its own meanwhile.
    if (!(await isKept())) throw error
    await rm(made, { recursive: true })
  })
  return kept
}

/** The value, or `undefined` if a file is missing. */
async function orMissing<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}
