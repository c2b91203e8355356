import { once } from 'node:events'
import { type BigIntStats, createReadStream, fstat, stat } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onAbort } from '../async/abort-listeners.js'
import { SourceError } from '../../errors.js'
import { optionError } from '../../options.js'
import { abortError, untilAborted } from '../async/abort-error.js'
import { fileFailure } from './file-errors.js'
import type { RandomAccess } from '../random-access.js'
import { BLOCK_SIZE } from '../fetch/range-buffer.js'
import { checkRange } from '../check-range.js'

const BIG = { bigint: true } as const
const look = promisify((path: string, done: (error: Error | null, stats: BigIntStats) => void) =>
  stat(path, BIG, done),
)
const lookAt = promisify((fd: number, done: (error: Error | null, stats: BigIntStats) => void) =>
  fstat(fd, BIG, done),
)

/**
 * A file on a disk of this machine, to be read from any place. It is opened for reading only, and for each read anew.
 *
 * - *One version.* The first look, by `size` or by a read, pins size, modification time, inode and device. Every read
 *   is held to them when it begins, and again after each chunk was read and before it is delivered. A file that was
 *   replaced, written to or cut is `AVIO_ERR_SOURCE_CHANGED`. (A write that sets the modification time back, or that
 *   falls into the same tick of the system's clock as the first look, is not seen.)
 * - *Never short.* A file that ends too early is that error too.
 * - *Others*: `AVIO_ERR_SOURCE_NOT_FOUND`, `AVIO_ERR_SOURCE_DENIED`, and `AVIO_ERR_SOURCE_READ` for a folder, for what
 *   is no regular file (a pipe has no places to read from), and for what else the system reports.
 * - *Memory.* A read holds two chunks, of at most 256 KiB each.
 * - No descriptor is open between two reads, and nothing has to be closed.
 *
 * @example
 * ```ts
 * const file = new FileSource('talk.mov')
 * const size = await file.size()
 * for await (const chunk of file.read(size - 1024, size)) process.stdout.write(chunk)
 * ```
 */
export class FileSource implements RandomAccess {
  readonly #path: string
  #pinned: BigIntStats | undefined

  /**
   * @param path - a path, or a `file:` URL
   * @throws {@link OptionError} for anything else
   */
  constructor(path: string | URL) {
    this.#path = pathOf(path)
  }

  /** What errors call it: its path. */
  get name(): string {
    return this.#path
  }

  /** The file's length in bytes, as it was at the first look. */
  async size(signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) throw abortError(signal)
    return Number((this.#pinned ?? (await this.#look(signal))).size)
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order; an error is thrown in place of a short read,
   * and `AVIO_ERR_SOURCE_RANGE` before the first chunk where the file ends before `end`, or `end` lies before `start`.
   */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    if (signal?.aborted) throw abortError(signal)
    // A pipe is told from a file before it is opened: that would wait for a writer, for ever and on one of few threads.
    const { size } = await this.#look(signal, start)
    checkRange(start, end, Number(size), this.#path)
    if (start === end) return
    // The descriptor is looked at once more after the last byte, so it must not be closed with that.
    const options = { start, end: end - 1, highWaterMark: BLOCK_SIZE, autoClose: false }
    const stream = createReadStream(this.#path, options)
    stream.on('error', () => undefined)
    const abort = () => stream.destroy(signal && abortError(signal))
    const forget = onAbort(signal, abort)
    let position = start
    try {
      const [fd] = (await once(stream, 'open')) as [number]
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        this.#accept(await lookAt(fd), position)
        if (signal?.aborted) throw abortError(signal)
        yield chunk
        position += chunk.length
      }
      if (position < end) throw this.#changed('it ends early', position)
    } catch (error) {
      if (signal?.aborted) throw abortError(signal)
      throw error instanceof SourceError ? error : fileFailure(error, this.#path, position)
    } finally {
      forget()
      await closed(stream)
    }
  }

  /** Looks at what lies under the path now. */
  async #look(signal: AbortSignal | undefined, byteOffset?: number): Promise<BigIntStats> {
    const looking = look(this.#path).catch((error: unknown) => {
      throw fileFailure(error, this.#path, byteOffset)
    })
    return this.#accept(await (signal ? untilAborted(looking, signal, () => undefined) : looking), byteOffset)
  }

  /** Pins the first look; throws for another that differs. */
  #accept(now: BigIntStats, byteOffset: number | undefined): BigIntStats {
    const pinned = (this.#pinned ??= regular(now, this.#path))
    const how = changeOf(pinned, now)
    if (how !== undefined) throw this.#changed(how, byteOffset)
    return pinned
  }

  #changed(how: string, byteOffset: number | undefined): SourceError {
    return new SourceError(
      'AVIO_ERR_SOURCE_CHANGED',
      `${this.#path} changed while it was read: ${how}. What was read so far is of the older version; begin anew.`,
      { source: this.#path, byteOffset },
    )
  }
}

/** The path that was given as such, or as a `file:` URL; an option error for anything else. */
export function pathOf(path: unknown): string {
  if (typeof path === 'string' && path !== '') return path
  try {
    if (path instanceof URL) return fileURLToPath(path)
  } catch {
    // Of another protocol, or of another host.
  }
  throw optionError('path', 'a path or a file: URL', path)
}

function regular(stats: BigIntStats, path: string): BigIntStats {
  if (stats.isFile()) return stats
  const kind = stats.isDirectory() ? 'a folder' : 'no regular file, and has no places to read from'
  throw new SourceError(
    'AVIO_ERR_SOURCE_READ',
    `Cannot read ${path}: it is ${kind}.`,
    { source: path },
    { retryable: false },
  )
}

function changeOf(pinned: BigIntStats, now: BigIntStats): string | undefined {
  if (now.ino !== pinned.ino || now.dev !== pinned.dev) return 'another file took its place'
  if (now.size !== pinned.size) return `it had ${pinned.size} bytes and now has ${now.size}`
  return now.mtimeNs === pinned.mtimeNs ? undefined : 'it was written to'
}

/** Lets go of the descriptor; resolves when it is closed. */
function closed(stream: Readable): Promise<void> {
  return new Promise(resolve => {
    if (stream.closed) resolve()
    stream.once('close', resolve)
    stream.destroy()
  })
}
