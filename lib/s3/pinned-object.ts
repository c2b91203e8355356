import { inParts } from '../io/fetch/in-parts.js'
import type { FetchRange } from '../io/fetch/ordered-ranges.js'
import type { DigestAlgorithm } from '../io/checksums/digest.js'
import type { RandomAccess } from '../io/random-access.js'
import { RangeBuffer } from '../io/fetch/range-buffer.js'
import { integerOption } from '../options.js'
import { type S3ObjectInfo, VersionPin } from './read/version-pin.js'
import { ResumableGet, unsatisfiable } from './read/resumable-get.js'
import type { GetTarget, OnInfo } from './read/get-range.js'
import { type S3Location } from './request/s3-location.js'
import type { StoredSum } from './checks/object-sum.js'
import { storedSum } from './checks/stored-sum.js'

/** Where a reader's options hold the pin that it shares with the source that made it. No option of the user's. */
export const SHARED_PIN: unique symbol = Symbol('pin')

/**
 * One version of one object, and what of it can be read: what {@link S3Source} and {@link S3RangeReadable} have in common.
 * Several that share a pin read the same version.
 */
export class PinnedObject implements RandomAccess {
  readonly #location: S3Location
  readonly #partSize: number
  readonly #target: GetTarget
  readonly #get: ResumableGet
  readonly #pin: VersionPin

  /**
   * @param options - the checked options that all readers share
   * @param pin - what holds it to one version
   */
  constructor({ partSize, ...target }: GetTarget & { readonly partSize: number }, pin = pinOf(target)) {
    this.#location = target.location
    this.#partSize = partSize
    this.#target = target
    this.#pin = pin
    this.#get = new ResumableGet(target, pin)
  }

  /** Holds all reads to one version. */
  get pin(): VersionPin {
    return this.#pin
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

function pinOf({ location, versionId, etag }: GetTarget): VersionPin {
  return new VersionPin(location, versionId, etag)
}
