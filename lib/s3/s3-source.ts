import type { RandomAccess } from '../io/random-access.js'
import { type ReadStreamOptions, readStreamOptions } from '../io/sources/source-readable.js'
import { knownOptions, optionsObject } from '../options.js'
import { PinnedObject, SHARED_PIN } from './pinned-object.js'
import { READ_OPTIONS, readOptions, type S3ReadOptions } from './read/read-options.js'
import type { S3ObjectInfo } from './read/version-pin.js'
import { S3RangeReadable, type S3RangeReadableOptions } from './s3-range-readable.js'

/** The options of {@link S3Source}. */
export type S3SourceOptions = S3ReadOptions

/**
 * One version of one object, to be read from any place: {@link RandomAccess} over ranged GETs.
 *
 * - *One version.* The first answer pins the object: every later request carries its ETag in `If-Match` (and its
 *   version id, where there is one and reading by it is allowed), and every answer is checked against both, against
 *   the size, and against the bytes that were asked for. A change under way is `AVIO_ERR_OBJECT_CHANGED`, an answer
 *   that is not what was asked for `AVIO_ERR_BAD_RESPONSE`. (A weak ETag cannot be a condition and is only compared;
 *   where a server sends none, its size and modification time have to stay.)
 * - *Never short.* What breaks or stalls is resumed at the byte where it broke, up to `maxAttempts` tries a range;
 *   then it is an error that says so: `AVIO_ERR_READ_FAILED`, or the code of what was in the way
 *   (`AVIO_ERR_NO_SUCH_KEY`, `…_NO_SUCH_BUCKET`, `…_ACCESS_DENIED`, `…_CREDENTIALS`, `…_WRONG_REGION`,
 *   `…_UNREACHABLE`, `…_OBJECT_ARCHIVED`).
 * - *As stored.* Bytes come as they lie in the bucket, also where `Content-Encoding` says gzip.
 * - *Memory.* A read holds at most 2 × `partSize`; up to `partSize` bytes are one request.
 * - It holds no connection between two reads, and nothing has to be closed.
 *
 * @example
 * ```ts
 * const object = new S3Source({ client, bucket: 'masters', key: 'talk.mov' })
 * const size = await object.size()
 * for await (const chunk of object.read(size - 1024, size)) process.stdout.write(chunk)
 * ```
 */
export class S3Source implements RandomAccess {
  readonly #options: S3SourceOptions
  readonly #object: PinnedObject

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: S3SourceOptions) {
    knownOptions(optionsObject(options, 'S3Source'), 'S3Source', READ_OPTIONS)
    this.#options = { ...options }
    this.#object = new PinnedObject(readOptions(options, 'S3Source'))
  }

  /** What errors call it: `s3://bucket/key`. */
  get name(): string {
    return this.#object.name
  }

  /** What the first answer said of the object; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#object.info
  }

  /** The object's length in bytes: known from the first answer on, else asked for with the first byte. */
  size(signal?: AbortSignal): Promise<number> {
    return this.#object.size(signal)
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order; an error is thrown in place of a short read,
   * and `AVIO_ERR_RANGE_NOT_SATISFIABLE` where the object ends before `end`.
   */
  read(start: number, end: number, signal?: AbortSignal): AsyncIterable<Buffer> {
    return this.#object.read(start, end, signal)
  }

  /**
   * The object as a stream, or a part of it: for `pipeline()`, which takes no source. It reads the version that this
   * source has pinned, or pins it, and has the source's options. For parallel ranges and `readAhead` of your own, make an
   * {@link S3RangeReadable} in its place; its `end` is exclusive.
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
