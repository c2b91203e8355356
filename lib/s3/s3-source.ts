import { inParts } from '../io/fetch/in-parts.js'
import type { FetchRange } from '../io/fetch/ordered-ranges.js'
import type { DigestAlgorithm } from '../io/checksums/digest.js'
import type { RandomAccess } from '../io/random-access.js'
import { RangeBuffer } from '../io/fetch/range-buffer.js'
import { integerOption, knownOptions, optionsObject } from '../options.js'
import type { S3ObjectInfo } from './read/version-pin.js'
import { READ_OPTIONS, readOptions, type S3ReadOptions } from './read/read-options.js'
import { ResumableGet, unsatisfiable } from './read/resumable-get.js'
import type { GetTarget, OnInfo } from './read/get-range.js'
import { type S3Location } from './request/s3-location.js'
import type { StoredSum } from './checks/object-sum.js'
import { storedSum } from './checks/stored-sum.js'

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
  readonly #location: S3Location
  readonly #partSize: number
  readonly #target: GetTarget
  readonly #get: ResumableGet

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: S3SourceOptions) {
    knownOptions(optionsObject(options, 'S3Source'), 'S3Source', READ_OPTIONS)
    const { partSize, ...target } = readOptions(options, 'S3Source')
    this.#location = target.location
    this.#partSize = partSize
    this.#target = target
    this.#get = new ResumableGet(target)
  }

  /** What errors call it: `s3://bucket/key`. */
  get name(): string {
    return `s3://${this.#location.bucket}/${this.#location.key}`
  }

  /** What the first answer said of the object; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#get.info
  }

  /** The object's length in bytes: known from the first answer on, else asked for with the first byte. */
  async size(signal: AbortSignal = NEVER): Promise<number> {
    if (this.info === undefined) await this.fetch(new RangeBuffer({ start: 0, end: 1 }), signal)
    return this.info!.size
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order; an error is thrown in place of a short read,
   * and `AVIO_ERR_RANGE_NOT_SATISFIABLE` where the object ends before `end`.
   */
  read(start: number, end: number, signal?: AbortSignal): AsyncIterable<Buffer> {
    const max = Number.MAX_SAFE_INTEGER
    integerOption({ start }, 'start', { min: 0, max, default: undefined, unit: 'bytes' })
    integerOption({ end }, 'end', { min: start, max, default: undefined, unit: 'bytes' })
    const check: OnInfo = ({ size, versionId }) => {
      if (end > size) throw unsatisfiable(end - 1, size, { ...this.#location, versionId, byteOffset: size })
    }
    const fetch: FetchRange = async (into, aborted) => {
      if (this.info) check(this.info)
      await this.fetch(into, aborted, check)
    }
    return inParts({ start, end }, this.#partSize, fetch, signal)
  }

  /**
   * Fills one range, which is trimmed where the object ends before it does.
   *
   * @internal
   */
  fetch(into: RangeBuffer, signal: AbortSignal, onInfo: OnInfo = () => undefined): Promise<void> {
    return this.#get.fill(into, signal, onInfo)
  }

  /**
   * Fills the next range of a read from byte 0 on, also where the store ignores ranges; {@link endInOrder} ends it.
   *
   * @internal
   */
  fetchInOrder(into: RangeBuffer, signal: AbortSignal, onInfo: OnInfo): Promise<void> {
    return this.#get.fill(into, signal, onInfo, true)
  }

  /**
   * Gives up what is open between two ranges.
   *
   * @internal
   */
  endInOrder(): void {
    this.#get.close()
  }

  /**
   * Whether the store was found to ignore ranges, so that no byte can be had but in order.
   *
   * @internal
   */
  get ignoresRanges(): boolean {
    return this.#get.ignoresRanges
  }

  /**
   * What the store keeps of all bytes of the pinned version, whatever it is, or a sum by one algorithm alone; `undefined`
   * where there is nothing to be had.
   *
   * @internal
   */
  storedSum(signal: AbortSignal, only?: DigestAlgorithm): Promise<StoredSum | undefined> {
    return storedSum(this.#target, this.info!, this.#get.conditions, signal, only)
  }
}

const NEVER = new AbortController().signal
