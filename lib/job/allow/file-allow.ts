import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { OptionError } from '../../errors.js'
import { show, stringsOption } from '../../options.js'

/**
 * The directories that a job may read from and write to.
 *
 * A path is judged by where it really leads: the symbolic links in it, and in the directories themselves, are followed. Of
 * a path that does not exist yet, that holds for the part that does.
 */
export class FileAllow {
  readonly #directories: readonly string[]

  private constructor(directories: readonly string[]) {
    this.#directories = directories
  }

  /** Reads an option: absolute paths of directories. */
  static option(options: object, option: string): FileAllow {
    const directories = stringsOption(options, option)
    const index = directories.findIndex(path => !isAbsolute(path) || path.includes('\0'))
    if (index === -1) return new FileAllow(directories.map(path => resolve(path)))
    const name = `${option}[${index}]`
    throw new OptionError(
      name,
      `Option "${name}" must be the absolute path of a directory, got ${show(directories[index])}`,
      directories[index],
    )
  }

  /** Whether no directory is open. */
  get isEmpty(): boolean {
    return this.#directories.length === 0
  }

  /**
   * The real path, if it lies in one of the directories; `undefined` if it doesn't, if nobody can tell, and for a path
   * with `..`, which means something else to the system than to whoever reads it where the directory before it is a link.
   *
   * @param mayBeItself - whether the directory itself will do, as the place of several files
   */
  async realPath(path: string, mayBeItself = false): Promise<string | undefined> {
    if (hasParentSegment(path)) return undefined
    try {
      const real = await leadsTo(resolve(path))
      for (const directory of this.#directories) {
        if (await isInside(real, directory, mayBeItself)) return real
      }
    } catch {
      // A loop of links, a file in the place of a directory, a directory that may not be searched.
    }
    return undefined
  }
}

/** Whether a path has a segment `..`. */
export function hasParentSegment(path: string): boolean {
  return path.split(/[/\\]/).includes('..')
}

async function isInside(real: string, directory: string, mayBeItself: boolean): Promise<boolean> {
  const opened = await realpath(directory).catch(() => undefined)
  if (opened === undefined) return false
  if (real === opened) return mayBeItself
  return real.startsWith(opened.endsWith(sep) ? opened : opened + sep)
}

async function leadsTo(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    // A link to nothing would be written through, to wherever it points.
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
