import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { OptionError } from '../../errors.js'
import { show, stringsOption } from '../../options.js'

/**
 * The directories in which a job may read and write files, and single files.
 *
 * Symbolic links are resolved before comparing: those in the path, and those in the directories themselves. For a path
 * that does not exist yet, those in its existing part.
 */
export class FileAllow {
  readonly #directories: readonly string[]

  private constructor(directories: readonly string[]) {
    this.#directories = directories
  }

  /** Reads an option: absolute paths of directories and files. */
  static option(options: object, option: string): FileAllow {
    const directories = stringsOption(options, option)
    const index = directories.findIndex(path => !isAbsolute(path) || path.includes('\0'))
    if (index === -1) return new FileAllow(directories.map(path => resolve(path)))
    const name = `${option}[${index}]`
    throw new OptionError(
      name,
      `Option "${name}" must be the absolute path of a directory or file, got ${show(directories[index])}`,
      directories[index],
    )
  }

  /** Whether no directory is open. */
  get isEmpty(): boolean {
    return this.#directories.length === 0
  }

  /**
   * The real path, if it lies in one of the directories; otherwise `undefined`, also if it can't be resolved. A path
   * with `..` is refused: after a symbolic link, the system resolves `..` differently than the text suggests.
   */
  async realPath(path: string): Promise<string | undefined> {
    if (hasParentSegment(path)) return undefined
    try {
      const real = await leadsTo(resolve(path))
      for (const directory of this.#directories) {
        if (await isInside(real, directory)) return real
      }
    } catch {
      // A loop of links, a file in place of a directory, a directory without search permission.
    }
    return undefined
  }
}

/** Whether a path has a segment `..`. */
export function hasParentSegment(path: string): boolean {
  return path.split(/[/\\]/).includes('..')
}

async function isInside(real: string, directory: string): Promise<boolean> {
  const opened = await realpath(directory).catch(() => undefined)
  // Nothing exists there: it may be a single file that is to be written, or that only the read can report as missing.
  if (opened === undefined) return real === (await leadsTo(directory).catch(() => undefined))
  if (real === opened) return true
  return real.startsWith(opened.endsWith(sep) ? opened : opened + sep)
}

async function leadsTo(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    // Writing to a dangling link would create its target.
    if (
      (error as NodeJS.ErrnoException).code !== 'ENOENT' ||
      dirname(path) === path ||
      (await exists(path))
    ) {
      throw error
    }
    return join(await leadsTo(dirname(path)), basename(path))
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
  )
}
