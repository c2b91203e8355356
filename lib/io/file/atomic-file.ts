import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FileError } from '../../errors.js'
import { DESCRIPTOR_REMEDY } from '../descriptors/out-of-descriptors.js'
import { isTransient } from '../async/transient-errors.js'
import { MiB } from '../../options.js'
import { fileExists } from './file-exists.js'

/** Memory for moving bytes within the file, in bytes. */
const SHIFT_SIZE = MiB

/** The file to write, and the conditions. */
export interface AtomicFileOptions {
  readonly path: string
  /** Whether an existing file is replaced. */
  readonly overwrite: boolean
  /** The permissions of the new file, before the process's umask. */
  readonly mode: number
}

/**
 * A file that is invisible until complete: its bytes go into a temporary file, `.name.<random>.partial` in the
 * same directory, which the commit renames atomically.
 *
 * Nothing else in the library writes bytes to a disk: here the user has chosen a file as the destination.
 */
export class AtomicFile {
  readonly #path: string
  readonly #neighbour: string
  readonly #handle: FileHandle
  #isClosed = false

  private constructor(path: string, neighbour: string, handle: FileHandle) {
    this.#path = path
    this.#neighbour = neighbour
    this.#handle = handle
  }

  /**
   * @throws {@link FileError} `AVIO_ERR_FILE_EXISTS` if there is a file that may not be replaced, otherwise
   * `AVIO_ERR_FILE_WRITE`
   */
  static async create({ path, overwrite, mode }: AtomicFileOptions): Promise<AtomicFile> {
    try {
      const target = await targetOf(path, overwrite)
      // A name has at most 255 bytes, and the user's may already use all of them.
      const name = `.${basename(target).slice(0, 50)}.${randomBytes(6).toString('hex')}.partial`
      const neighbour = join(dirname(target), name)
      return new AtomicFile(target, neighbour, await open(neighbour, 'wx+', mode))
    } catch (error) {
      throw writeFailure(error, path)
    }
  }

  /** Writes all `chunks`, one after the other, from `position` on. */
  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    try {
      const { bytesWritten } = await this.#handle.writev(chunks, position)
      // A nearly full disk accepts a part; only the next write reports the reason.
      if (bytesWritten < size) await this.#writeRest(chunks, position, bytesWritten)
    } catch (error) {
      throw writeFailure(error, this.#path)
    }
  }

  /** Moves the bytes from `start` to `end` (exclusive) to position `to`; the file ends with them. */
  async move(start: number, end: number, to: number): Promise<void> {
    const block = Buffer.allocUnsafeSlow(Math.min(SHIFT_SIZE, end - start))
    // Moving up starts at the end, moving down at the start: nothing is overwritten before it is read.
    for (let moved = 0; moved < end - start;) {
      const size = Math.min(block.length, end - start - moved)
      const from = to > start ? end - moved - size : start + moved
      const bytes = block.subarray(0, size)
      await this.#read(bytes, from)
      await this.write([bytes], from + to - start)
      moved += size
    }
    if (to < start) await this.#do(() => this.#handle.truncate(to + end - start))
  }

  /** Flushes the file to the disk and closes the descriptor. */
  async close(): Promise<void> {
    await this.#do(() => this.#handle.sync())
    this.#isClosed = true
    await this.#do(() => this.#handle.close())
  }

  /**
   * Renames the temporary file, after {@link close}. An existing file is replaced, or an error with `overwrite:
   * false`.
   */
  async commit(overwrite: boolean): Promise<void> {
    if (overwrite) {
      await this.#do(() => rename(this.#neighbour, this.#path))
      return
    }
    await this.#do(() => link(this.#neighbour, this.#path))
    // The file is in place; failing to remove its second name is no failure.
    await unlink(this.#neighbour).catch(() => undefined)
  }

  /** Removes the temporary file, after pending writes. */
  async discard(): Promise<void> {
    if (!this.#isClosed) await this.#handle.close().catch(() => undefined)
    this.#isClosed = true
    await this.#do(() => unlink(this.#neighbour))
  }

  async #writeRest(chunks: readonly Uint8Array[], position: number, written: number): Promise<void> {
    let start = position
    for (const chunk of chunks) {
      let done = Math.max(0, Math.min(chunk.length, position + written - start))
      while (done < chunk.length) {
        const { bytesWritten } = await this.#handle.write(chunk, done, chunk.length - done, start + done)
        done += bytesWritten
      }
      start += chunk.length
    }
  }

  async #read(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await this.#do(() =>
        this.#handle.read(bytes, done, bytes.length - done, position + done),
      )
      if (bytesRead === 0) throw writeFailure(new Error('another process truncated it'), this.#neighbour)
      done += bytesRead
    }
  }

  async #do<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      throw writeFailure(error, this.#path)
    }
  }
}

/** The actual target: for a symbolic link, the file it points to. */
async function targetOf(path: string, overwrite: boolean): Promise<string> {
  let older
  try {
    older = await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // Nothing exists there, or a link to a path where nothing exists yet.
    const leadsTo = await readlink(path).catch(() => undefined)
    if (leadsTo === undefined) return path
    return targetOf(resolve(await realpath(dirname(path)), leadsTo), overwrite)
  }
  if (!overwrite) throw fileExists(path)
  // A rename would turn a device or a pipe into a file.
  if (!older.isFile()) throw new Error(`it is ${older.isDirectory() ? 'a directory' : 'not a regular file'}`)
  return realpath(path)
}

const REMEDIES: Record<string, string> = {
  ENOSPC: 'Free some space on the disk.',
  EDQUOT: "The user's disk quota is exhausted.",
  EFBIG: 'The file system does not support files of this size.',
  ENOENT: 'Create the directory first; a relative path starts at the working directory.',
  EACCES: 'Check the permissions of the directory: a file is created in it.',
  EPERM: 'Check the permissions of the directory: a file is created in it.',
  EROFS: 'The file system is mounted read-only.',
  EMFILE: DESCRIPTOR_REMEDY,
  ENFILE: DESCRIPTOR_REMEDY,
}

/** The error for a failed system call on the way to a file at `path`. */
function writeFailure(cause: unknown, path: string): FileError {
  if (cause instanceof FileError) return cause
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST') return fileExists(path, cause)
  const remedy = REMEDIES[code]
  const said = `Cannot write ${path}: ${message}.${remedy === undefined ? '' : ` ${remedy}`}`
  return new FileError('AVIO_ERR_FILE_WRITE', said, { path }, { cause, retryable: isTransient(code) })
}
