import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { FileError, SourceError } from '../../errors.js'
import { descriptorHint } from '../../io/descriptors/out-of-descriptors.js'
import { isTransient } from '../../io/async/transient-errors.js'
import { FileSource, pathOf } from '../../io/sources/file-source.js'
import { checkNoFile } from '../../io/file/file-exists.js'
import { FileWritable } from '../../io/file/file-writable.js'
import { readExactly } from '../../io/read-exactly.js'
import { knownOptions, optionsObject } from '../../options.js'
import { type SegmentStorage, type StoredObjectInfo, storageName } from './segment-storage.js'

/** Options of {@link DirectoryStorage}. */
export interface DirectoryStorageOptions {
  /** The directory: a path, or a `file:` URL. It and its subdirectories are created if missing. */
  path: string | URL
}

/**
 * Stores segments and playlists as files in a directory, which any web server can serve.
 *
 * Each file appears complete, in one step, when its stream finishes; until then an older file stays, and a stream
 * destroyed before its end leaves nothing (see {@link FileWritable}). The web server sets media types and cache
 * headers. Directories stay when their files are removed.
 *
 * Errors: {@link FileError} `AVIO_ERR_FILE_WRITE`, and `AVIO_ERR_FILE_EXISTS` with `ifNoneMatch`; with `path`.
 *
 * @example
 * ```ts
 * const storage = new DirectoryStorage({ path: 'public/talks/1' })
 * storage.open('720p/init.mp4', { contentType: 'video/mp4' }).end(bytes) // public/talks/1/720p/init.mp4
 * ```
 */
export class DirectoryStorage implements SegmentStorage {
  readonly #path: string

  /** @throws {@link OptionError} `AVIO_ERR_OPTION` for an invalid `path` */
  constructor(options: DirectoryStorageOptions) {
    knownOptions(optionsObject(options, 'DirectoryStorage', 'path'), 'DirectoryStorage', ['path'])
    this.#path = pathOf(options.path)
  }

  /**
   * Opens a name for writing, and creates its directory.
   *
   * @throws {@link OptionError} `AVIO_ERR_OPTION` for a name that leads out of the directory; {@link FileError}
   * `AVIO_ERR_FILE_WRITE` if its directory can't be created
   */
  open(name: string, { ifNoneMatch }: Partial<StoredObjectInfo> = {}): Writable {
    const path = this.#pathOf(name)
    try {
      mkdirSync(dirname(path), { recursive: true })
    } catch (cause) {
      throw failure('The directory of', path, 'created', cause)
    }
    return new FileWritable({ path, overwrite: ifNoneMatch === undefined })
  }

  /**
   * Removes a file; a missing file is not an error.
   *
   * @throws {@link FileError} `AVIO_ERR_FILE_WRITE` if it can't be removed
   */
  async delete(name: string): Promise<void> {
    const path = this.#pathOf(name)
    try {
      await rm(path, { force: true })
    } catch (cause) {
      throw failure('The file', path, 'removed', cause)
    }
  }

  /**
   * Reads a file; `undefined` if there is none.
   *
   * @throws {@link SourceError} if it can't be read, or has more than `maxSize` bytes
   */
  async read(name: string, maxSize: number): Promise<Buffer | undefined> {
    const path = this.#pathOf(name)
    const file = new FileSource({ path })
    try {
      const size = await file.size()
      if (size <= maxSize) return await readExactly(file, 0, size)
    } catch (error) {
      if (error instanceof SourceError && error.code === 'AVIO_ERR_SOURCE_NOT_FOUND') return undefined
      throw error
    }
    const message = `The file ${path} exceeds the limit of ${maxSize} bytes.`
    throw new SourceError('AVIO_ERR_SOURCE_READ', message, { source: path }, { retryable: false })
  }

  /**
   * Rejects if a file exists under the name.
   *
   * @throws {@link FileError} `AVIO_ERR_FILE_EXISTS`
   */
  async checkAbsent(name: string): Promise<void> {
    await checkNoFile(this.#pathOf(name))
  }

  #pathOf(name: string): string {
    return join(this.#path, ...storageName(name).split('/'))
  }
}

function failure(what: string, path: string, done: string, cause: unknown): FileError {
  const { message, code = '' } = cause as NodeJS.ErrnoException
  return new FileError(
    'AVIO_ERR_FILE_WRITE',
    `${what} ${path} can't be ${done}: ${message}.${descriptorHint(cause)}`,
    { path },
    { cause, retryable: isTransient(code) },
  )
}
