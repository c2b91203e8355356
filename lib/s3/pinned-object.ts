import { fillPieces } from '../io/fetch/fill-pieces.js'
import { inParts } from '../io/fetch/in-parts.js'
import type { FetchRange } from '../io/fetch/ordered-ranges.js'
import type { DigestAlgorithm } from '../io/checksums/digest.js'
import { MemoryPieces } from '../io/memory-pieces.js'
import { markOwn } from '../io/own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../io/random-access.js'
import { RangeBuffer } from '../io/fetch/range-buffer.js'
import { integerOption } from '../options.js'
import { type S3ObjectInfo, VersionPin } from './read/version-pin.js'
import { PinnedRanges, unsatisfiable } from './read/pinned-ranges.js'
import type { GetTarget, OnInfo } from './read/get-range.js'
import { type S3Location } from './request/s3-location.js'
import type { StoredSum } from './checks/object-sum.js'
import { storedSum } from './checks/stored-sum.js'

/** Key of the pin that a reader's options share with their source. Not a user option. */
export const SHARED_PIN: unique symbol = Symbol('pin')

/**
 * One version of one object, and how to read it: the common part of {@link S3Source} and {@link S3RangeReadable}.
 * Objects that share a pin read the same version.
 */
export class PinnedObject implements RandomAccess {
  readonly #location: S3Location
  readonly #partSize: number
  readonly #target: GetTarget
  readonly #get: PinnedRanges
  readonly #pin: VersionPin

  /**
   * @param options - the checked options common to all readers
   * @param pin - keeps all reads on one version
   */
  constructor({ partSize, ...target }: GetTarget & { readonly partSize: number }, pin = pinOf(target)) {
    this.#location = target.location
    this.#partSize = partSize
    this.#target = target
    this.#pin = pin
    this.#get = new PinnedRanges(target, pin)
    markOwn(this)
  }

  /** Keeps all reads on one version. */
  get pin(): VersionPin {
    return this.#pin
  }

  /** The object's name in errors: `s3://bucket/key`. */
  get name(): string {
    return `s3://${this.#location.bucket}/${this.#location.key}`
  }

  /** What the first response says about the object; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#get.info
  }

  /** The object's length in bytes: known from the first response on, otherwise requested with the first byte. */
  async size(signal: AbortSignal = NEVER): Promise<number> {
    if (this.info === undefined) await this.fetch(new RangeBuffer({ start: 0, end: 1 }), signal)
    return this.info!.size
  }

  /**
   * Yields the bytes from `start` (inclusive) to `end` (exclusive), in order. Throws rather than end short:
   * `AVIO_ERR_RANGE_NOT_SATISFIABLE` if the object ends before `end`.
   */
  read(start: number, end: number, signal?: AbortSignal): AsyncIterable<Buffer> {
    return inParts({ start, end }, this.#partSize, this.#fetching(start, end), signal)
  }

  /** Fills `memory` with the bytes from `start` on, straight from the socket; rejects with the errors of `read`. */
  async readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    options: ReadIntoOptions = {},
  ): Promise<void> {
    const pieces = new MemoryPieces(memory)
    const fetch = this.#fetching(start, start + pieces.length)
    await fillPieces(start, pieces, this.#partSize, fetch, options)
  }

  /** Fetches the ranges of one read, checked against the size as soon as that is known. */
  #fetching(start: number, end: number): FetchRange {
    checkPlaces(start, end)
    const check: OnInfo = ({ size, versionId }) => {
      if (end > size) throw unsatisfiable(end - 1, size, { ...this.#location, versionId, byteOffset: size })
    }
    return async (into, aborted) => {
      if (this.info) check(this.info)
      await this.fetch(into, aborted, check)
    }
  }

  /**
   * Fills one range, trimmed if the object ends inside it.
   *
   * @internal
   */
  fetch(into: RangeBuffer, signal: AbortSignal, onInfo: OnInfo = () => undefined): Promise<void> {
    return this.#get.fill(into, signal, onInfo)
  }

  /**
   * Fills the next range of a read that starts at byte 0, even if the store ignores ranges; {@link endInOrder} ends it.
   *
   * @internal
   */
  fetchInOrder(into: RangeBuffer, signal: AbortSignal, onInfo: OnInfo): Promise<void> {
    return this.#get.fill(into, signal, onInfo, true)
  }

  /**
   * Closes the body left open between two ranges.
   *
   * @internal
   */
  endInOrder(): void {
    this.#get.close()
  }

  /**
   * Whether the store turned out to ignore ranges, so that bytes are available in order only.
   *
   * @internal
   */
  get ignoresRanges(): boolean {
    return this.#get.ignoresRanges
  }

  /**
   * The store's checksum of all bytes of the pinned version, by any algorithm or by a given one; `undefined` if there
   * is none.
   *
   * @internal
   */
  storedSum(signal: AbortSignal, only?: DigestAlgorithm): Promise<StoredSum | undefined> {
    return storedSum(this.#target, this.info!, this.#get.conditions, signal, only)
  }
}

/** Throws an option error for a `start` and an `end` that are no places, or in the wrong order. */
export function checkPlaces(start: number, end: number): void {
  const max = Number.MAX_SAFE_INTEGER
  integerOption({ start }, 'start', { min: 0, max, default: undefined, unit: 'bytes' })
  integerOption({ end }, 'end', { min: start, max, default: undefined, unit: 'bytes' })
}

const NEVER = new AbortController().signal

function pinOf({ location, versionId, etag }: GetTarget): VersionPin {
  return new VersionPin(location, versionId, etag)
}
