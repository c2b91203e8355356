import { once } from 'node:events'
import { type BigIntStats, createReadStream, fstat, readv, stat } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onAbort } from '../async/abort-listeners.js'
import { SourceError } from '../../errors.js'
import { isUrl, knownOptions, MiB, optionError, optionsObject, stringOption } from '../../options.js'
import { abortError, untilAborted } from '../async/abort-error.js'
import { fileFailure } from './file-errors.js'
import { MemoryPieces } from '../memory-pieces.js'
import { markOwn } from '../own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../random-access.js'
import { refuseAsStream } from './not-a-stream.js'
import { BLOCK_SIZE } from '../memory/block-pool.js'
import { changedMessage, otherVersion, otherVersionMessage } from '../fetch/response-checks.js'
import { checkRange } from '../check-range.js'
import { type ReadStreamOptions, SourceReadable } from './source-readable.js'

const BIG = { bigint: true } as const
const fill = promisify(readv)
/** Bytes of one system call that reads into memory of the caller. */
const READ_SIZE = MiB
const look = promisify((path: string, done: (error: Error | null, stats: BigIntStats) => void) =>
  stat(path, BIG, done),
)
const lookAt = promisify((fd: number, done: (error: Error | null, stats: BigIntStats) => void) =>
  fstat(fd, BIG, done),
)

/** Options of {@link FileSource}. */
export interface FileSourceOptions {
  /** A path, or a `file:` URL. */
  path: string | URL
  /**
   * The version to read, as in {@link FileSource.etag}: for example the one that a plan was made from. Any other
   * version fails with `AVIO_ERR_SOURCE_CHANGED`, before the first byte.
   * @defaultValue the version found by the first read
   */
  etag?: string | undefined
}

/**
 * A local file with random access. Each read opens it again, read-only.
 *
 * - *One version.* The first `size` or read pins size, modification time, inode and device. Every read is
 *   checked against them when it begins, and again after each chunk before that is delivered. A file that was
 *   replaced, modified or truncated is `AVIO_ERR_SOURCE_CHANGED`. (A write that resets the modification time,
 *   or that falls into the same clock tick as the first check, is not detected.)
 * - *Never short.* A file that ends too early fails with the same error.
 * - *Others*: `AVIO_ERR_SOURCE_NOT_FOUND`, `AVIO_ERR_SOURCE_DENIED`, and `AVIO_ERR_SOURCE_READ` for a
 *   directory, for anything else that is not a regular file (a pipe has no positions), and for other system
 *   errors.
 * - *Memory.* A read holds two chunks, of at most 256 KiB each.
 * - No descriptor is open between two reads, and nothing has to be closed.
 *
 * @example
 * ```ts
 * const file = new FileSource({ path: 'talk.mov' })
 * const size = await file.size()
 * for await (const chunk of file.read(size - 1024, size)) process.stdout.write(chunk)
 * ```
 */
export class FileSource implements RandomAccess {
  static {
    refuseAsStream(this, 'FileSource')
  }
  readonly #path: string
  readonly #etag: string | undefined
  #pinned: BigIntStats | undefined

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: FileSourceOptions) {
    const given = optionsObject(options, 'FileSource', 'path')
    knownOptions(given, 'FileSource', ['path', 'etag'])
    this.#path = pathOf(options.path)
    this.#etag = stringOption(given, 'etag', { default: undefined })
    if (new.target === FileSource) markOwn(this)
  }

  /**
   * The version being read, derived from size and modification time, so that another process can request the same one.
   * `undefined` before the first {@link FileSource.size} or read.
   */
  get etag(): string | undefined {
    return this.#pinned && etagOf(this.#pinned)
  }

  /** Its name in errors: the path. */
  get name(): string {
    return this.#path
  }

  /** The file's length in bytes, as of the first check. */
  async size(signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) throw abortError(signal)
    return Number((this.#pinned ?? (await this.#look(signal))).size)
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order; it throws instead of ending short, and
   * with `AVIO_ERR_SOURCE_RANGE` before the first chunk if the file ends before `end`, or `end` is before
   * `start`.
   */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    await this.#begin(start, end, signal)
    if (start === end) return
    // The descriptor is checked once more after the last byte, so the stream must not close it.
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
      throw this.#failure(error, position, signal)
    } finally {
      forget()
      await closed(stream)
    }
  }

  /**
   * Reads the bytes from `start` on into `memory`, 1 MiB at a time, until it is full; rejects with the errors of
   * {@link FileSource.read}. A system call under way can't be cancelled: after an abort, its end is waited for.
   */
  async readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    { signal, onProgress }: ReadIntoOptions = {},
  ): Promise<void> {
    const pieces = new MemoryPieces(memory)
    const end = start + pieces.length
    await this.#begin(start, end, signal)
    if (start === end) return
    // Opens and closes the file, and nothing else: `open()` could also write.
    const opened = createReadStream(this.#path, { autoClose: false })
    opened.on('error', () => undefined)
    let position = start
    try {
      const [fd] = (await once(opened, 'open')) as [number]
      while (position < end) {
        const { bytesRead } = await fill(fd, pieces.list(position - start, READ_SIZE), position)
        if (bytesRead === 0) throw this.#changed('it ends early', position)
        this.#accept(await lookAt(fd), position)
        if (signal?.aborted) throw abortError(signal)
        position += bytesRead
        onProgress?.(bytesRead)
        if (signal?.aborted && position < end) throw abortError(signal)
      }
    } catch (error) {
      throw this.#failure(error, position, signal)
    } finally {
      await closed(opened)
    }
  }

  /**
   * The file as a stream, or a part of it: for `pipeline()`, which takes no source.
   * Nothing is opened before the first read; a stage that has to seek is offered random access to the same bytes.
   *
   * @throws {@link OptionError} for an option that breaks its rule
   */
  createReadStream(options: ReadStreamOptions = {}): Readable {
    return new SourceReadable(this, options)
  }

  /** The checks before a read opens the file. */
  async #begin(start: number, end: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw abortError(signal)
    // Detect pipes before opening: opening one blocks one of few threads until there is a writer.
    const { size } = await this.#look(signal, start)
    checkRange(start, end, Number(size), this.#path)
  }

  #failure(error: unknown, position: number, signal: AbortSignal | undefined): Error {
    if (signal?.aborted) return abortError(signal)
    return error instanceof SourceError ? error : fileFailure(error, this.#path, position)
  }

  /** Checks the current file at the path. */
  async #look(signal: AbortSignal | undefined, byteOffset?: number): Promise<BigIntStats> {
    const looking = look(this.#path).catch((error: unknown) => {
      throw fileFailure(error, this.#path, byteOffset)
    })
    return this.#accept(await (signal ? untilAborted(looking, signal, () => undefined) : looking), byteOffset)
  }

  /** Pins the first check; throws for a later one that differs. */
  #accept(now: BigIntStats, byteOffset: number | undefined): BigIntStats {
    if (this.#pinned === undefined) this.#pinned = this.#asked(regular(now, this.#path))
    const how = changeOf(this.#pinned, now)
    if (how !== undefined) throw this.#changed(how, byteOffset)
    return this.#pinned
  }

  /** Throws for a first look at another version than the one requested: a retry would find the same. */
  #asked(now: BigIntStats): BigIntStats {
    const how = otherVersion(this.#etag, etagOf(now))
    if (how === undefined) return now
    const message = otherVersionMessage(this.#path, this.#etag!, how)
    throw new SourceError('AVIO_ERR_SOURCE_CHANGED', message, { source: this.#path }, { retryable: false })
  }

  #changed(how: string, byteOffset: number | undefined): SourceError {
    return new SourceError('AVIO_ERR_SOURCE_CHANGED', changedMessage(this.#path, how), {
      source: this.#path,
      byteOffset,
    })
  }
}

/** Converts a path or a `file:` URL to a path; throws an option error for anything else. */
export function pathOf(path: unknown): string {
  if (typeof path === 'string' && path !== '') return path
  try {
    if (isUrl(path)) return fileURLToPath(path)
  } catch {
    // Another protocol or another host.
  }
  throw optionError('path', 'a path or a file: URL', path)
}

function regular(stats: BigIntStats, path: string): BigIntStats {
  if (stats.isFile()) return stats
  const kind = stats.isDirectory() ? 'a directory' : 'not a regular file, and has no random access'
  throw new SourceError(
    'AVIO_ERR_SOURCE_READ',
    `Cannot read ${path}: it is ${kind}.`,
    { source: path },
    { retryable: false },
  )
}

/** Size in bytes and modification time in nanoseconds, in hexadecimal. */
function etagOf({ size, mtimeNs }: BigIntStats): string {
  return `"${size.toString(16)}-${mtimeNs.toString(16)}"`
}

function changeOf(pinned: BigIntStats, now: BigIntStats): string | undefined {
  if (now.ino !== pinned.ino || now.dev !== pinned.dev) return 'it was replaced by another file'
  if (now.size !== pinned.size) return `it had ${pinned.size} bytes and now has ${now.size}`
  return now.mtimeNs === pinned.mtimeNs ? undefined : 'it was modified'
}

/** Closes the descriptor; resolves when it is closed. */
function closed(stream: Readable): Promise<void> {
  return new Promise(resolve => {
    if (stream.closed) resolve()
    stream.once('close', resolve)
    stream.destroy()
  })
}
