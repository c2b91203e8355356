import { markOwn } from '../io/own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../io/random-access.js'
import { refuseAsStream } from '../io/sources/not-a-stream.js'
import { type ReadStreamOptions, readStreamOptions } from '../io/sources/source-readable.js'
import { knownOptions, optionsObject } from '../options.js'
import { PinnedObject, SHARED_PIN } from './pinned-object.js'
import { READ_OPTIONS, readOptions, type S3ReadOptions } from './read/read-options.js'
import type { S3ObjectInfo } from './read/version-pin.js'
import type { S3RangeReadableOptions } from './read/range-options.js'
import { S3RangeReadable } from './s3-range-readable.js'

/** The options of {@link S3Source}. */
export type S3SourceOptions = S3ReadOptions

/**
 * One version of one object, with reads at any offset: {@link RandomAccess} over ranged GETs.
 *
 * - *One version.* The first response pins the object: every later request carries its ETag in `If-Match` (and its
 *   version id, if there is one and reading by it is allowed), and the source checks every response against both,
 *   against the size, and against the requested bytes. A change during the read fails with `AVIO_ERR_OBJECT_CHANGED`, a
 *   response that does not match the request with `AVIO_ERR_BAD_RESPONSE`. (A weak ETag cannot be a condition and is
 *   only compared; if the server sends no ETag, size and modification time must not change.)
 * - *Never short.* A broken or stalled request resumes at the byte where it broke, up to `maxAttempts` attempts per
 *   range; then the read fails with `AVIO_ERR_READ_FAILED`, or with the code of the cause (`AVIO_ERR_NO_SUCH_KEY`,
 *   `…_NO_SUCH_BUCKET`, `…_ACCESS_DENIED`, `…_CREDENTIALS`, `…_WRONG_REGION`, `…_UNREACHABLE`, `…_OBJECT_ARCHIVED`).
 * - *As stored.* Bytes arrive exactly as stored in the bucket, even if `Content-Encoding` says gzip.
 * - *Memory.* A read holds at most 2 × `partSize`; up to `partSize` bytes take one request.
 * - The source holds no connection between reads, and needs no closing.
 *
 * @example
 * ```ts
 * const object = new S3Source({ client, bucket: 'masters', key: 'talk.mov' })
 * const size = await object.size()
 * for await (const chunk of object.read(size - 1024, size)) process.stdout.write(chunk)
 * ```
 */
export class S3Source implements RandomAccess {
  static {
    refuseAsStream(this, 'S3Source')
  }
  readonly #options: S3SourceOptions
  readonly #object: PinnedObject

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: S3SourceOptions) {
    knownOptions(optionsObject(options, 'S3Source', 'uri'), 'S3Source', READ_OPTIONS)
    this.#options = { ...options }
    this.#object = new PinnedObject(readOptions(options, 'S3Source'))
    if (new.target === S3Source) markOwn(this)
  }

  /** The object's name in errors: `s3://bucket/key`. */
  get name(): string {
    return this.#object.name
  }

  /** What the first response says about the object; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#object.info
  }

  /** The object's length in bytes: known from the first response on, otherwise requested with the first byte. */
  size(signal?: AbortSignal): Promise<number> {
    return this.#object.size(signal)
  }

  /**
   * Yields the bytes from `start` (inclusive) to `end` (exclusive), in order. Throws rather than end short:
   * `AVIO_ERR_RANGE_NOT_SATISFIABLE` if the object ends before `end`.
   */
  read(start: number, end: number, signal?: AbortSignal): AsyncIterable<Buffer> {
    return this.#object.read(start, end, signal)
  }

  /**
   * Fills `memory` with the bytes from `start` on, straight from the socket over a direct connection (`transport`);
   * rejects with the errors of {@link S3Source.read}.
   */
  readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    options: ReadIntoOptions = {},
  ): Promise<void> {
    return this.#object.readInto(start, memory, options)
  }

  /**
   * Streams the object, or part of it, for `pipeline()`, which does not accept sources. The stream reads the version
   * that this source has pinned, or pins it, and uses the source's options. For your own parallel ranges and
   * `readAhead`, create an {@link S3RangeReadable} instead; `end` is exclusive.
   *
   * @throws {@link OptionError} for an option that breaks its rule
   */
  createReadStream(options: ReadStreamOptions = {}): S3RangeReadable {
    const { start, end, signal } = readStreamOptions(options)
    const { highWaterMark } = options
    const all = { ...this.#options, start, end, signal, highWaterMark, [SHARED_PIN]: this.#object.pin }
    return new S3RangeReadable(all satisfies S3RangeReadableOptions)
  }
}
