import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FileError } from '../../errors.js'
import { DESCRIPTOR_REMEDY } from '../descriptors/out-of-descriptors.js'
import { isPassing } from '../descriptors/passing-errors.js'
import { MiB } from '../../options.js'

/** How much of the file is in memory while its bytes are moved, in bytes. */
const SHIFT_SIZE = MiB

/** What is to be written, and under which conditions. */
export interface AtomicFileOptions {
  readonly path: string
  /** Whether a file that is there already is replaced. */
  readonly overwrite: boolean
  /** The permissions of the new file, less the process's umask. */
  readonly mode: number
}

/**
 * A file that is not there until it is whole: its bytes go into a neighbour, `.name.<random>.partial` in the same folder,
 * which takes its name, in one step of the file system, when it is committed.
 *
 * Nothing else in the library writes bytes to a disk: a file is here the user's own choice of a sink.
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
   * @throws {@link FileError} `AVIO_ERR_FILE_EXISTS` where there is a file that may not be replaced, else
   * `AVIO_ERR_FILE_WRITE`
   */
  static async create({ path, overwrite, mode }: AtomicFileOptions): Promise<AtomicFile> {
    try {
      const target = await targetOf(path, overwrite)
      // A name has at most 255 bytes, and one of the user's may have all of them.
      const name = `.${basename(target).slice(0, 50)}.${randomBytes(6).toString('hex')}.partial`
      const neighbour = join(dirname(target), name)
      return new AtomicFile(target, neighbour, await open(neighbour, 'wx+', mode))
    } catch (error) {
      throw writeFailure(error, path)
    }
  }

  /** Writes all of `chunks`, one after the other, from `position` on. */
  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    try {
      const { bytesWritten } = await this.#handle.writev(chunks, position)
      // A disk that is nearly full takes a part; only the next write says why.
      if (bytesWritten < size) await this.#writeRest(chunks, position, bytesWritten)
    } catch (error) {
      throw writeFailure(error, this.#path)
    }
  }

  /** Moves the bytes from `start` to `end` (exclusive) so that they begin at `to`; the file ends with them. */
  async move(start: number, end: number, to: number): Promise<void> {
    const block = Buffer.allocUnsafeSlow(Math.min(SHIFT_SIZE, end - start))
    // Upward from the end, downward from the start: nothing is overwritten before it was read.
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

  /** Has the disk keep what was written, and lets go of the descriptor. */
  async close(): Promise<void> {
    await this.#do(() => this.#handle.sync())
    this.#isClosed = true
    await this.#do(() => this.#handle.close())
  }

  /** Gives the neighbour its name, after {@link close}. An older file is replaced, or with `overwrite: false` an error. */
  async commit(overwrite: boolean): Promise<void> {
    if (overwrite) {
      await this.#do(() => rename(this.#neighbour, this.#path))
      return
    }
    await this.#do(() => link(this.#neighbour, this.#path))
    // The file is there; a second name for it that can't be removed makes it no failure.
    await unlink(this.#neighbour).catch(() => undefined)
  }

  /** Removes the neighbour. Waits for what is being written. */
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
      if (bytesRead === 0) throw writeFailure(new Error('somebody else has cut it'), this.#neighbour)
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

/** The place that is written to: behind a symbolic link the file that it leads to. */
async function targetOf(path: string, overwrite: boolean): Promise<string> {
  let older
  try {
    older = await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // Nothing is there, or a link to where nothing is yet.
    const leadsTo = await readlink(path).catch(() => undefined)
    if (leadsTo === undefined) return path
    return targetOf(resolve(await realpath(dirname(path)), leadsTo), overwrite)
  }
  if (!overwrite) throw exists(path)
  // Of a device or a pipe a rename would make a file.
  if (!older.isFile()) throw new Error(`it is ${older.isDirectory() ? 'a folder' : 'no regular file'}`)
  return realpath(path)
}

const REMEDIES: Record<string, string> = {
  ENOSPC: 'Make room on the disk.',
  EDQUOT: "The user's share of the disk is used up.",
  EFBIG: 'The file system takes no file that large.',
  ENOENT: 'The folder has to be there; a relative path begins at the working directory.',
  EACCES: 'Check the permissions of the folder: a file is made in it.',
  EPERM: 'Check the permissions of the folder: a file is made in it.',
  EROFS: 'The file system is mounted read-only.',
  EMFILE: DESCRIPTOR_REMEDY,
  ENFILE: DESCRIPTOR_REMEDY,
}

/** The error for a system call that failed, on the way to a file at `path`. */
function writeFailure(cause: unknown, path: string): FileError {
  if (cause instanceof FileError) return cause
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST') return exists(path, cause)
  const remedy = REMEDIES[code]
  const said = `Cannot write ${path}: ${message}.${remedy === undefined ? '' : ` ${remedy}`}`
  return new FileError('AVIO_ERR_FILE_WRITE', said, { path }, { cause, retryable: isPassing(code) })
}

function exists(path: string, cause?: unknown): FileError {
  const message = `${path} was not written: there is one already, and "overwrite" is false.`
  return new FileError('AVIO_ERR_FILE_EXISTS', message, { path }, { cause })
}
