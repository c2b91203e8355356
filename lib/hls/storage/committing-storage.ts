import type { Writable } from 'node:stream'
import type { CommitSet } from '../../s3/commit/commit-set.js'
import { CommitSink } from '../../s3/commit/commit-sink.js'
import { S3Storage, type S3StorageOptions } from './s3-storage.js'
import { type StoredObjectInfo, storageName } from './segment-storage.js'

/** The metadata key for the numbers of a package, on its multivariant playlist and its manifest. */
export const PACKAGE_METADATA = 'avio-package'

/** The numbers of a package. */
export interface PackageNumbers {
  /** The directory of its objects, below the prefix. */
  readonly run: string
  /** Number of media segments, over all renditions. */
  readonly segments: number
  /** Of all media and initialization segments. */
  readonly bytes: number
  /** Of the longest rendition, in seconds. */
  readonly duration: number
}

/** An `S3Storage` some of whose objects are committed as a {@link CommitSet}. */
export class CommittingStorage extends S3Storage {
  readonly #options: S3StorageOptions
  readonly #set: CommitSet
  readonly #members: ReadonlySet<string> | undefined

  /**
   * @param options - the same bucket and prefix as those of the set
   * @param members - the names in the set, `undefined` for all
   */
  constructor(options: S3StorageOptions, set: CommitSet, members?: readonly string[]) {
    super(options)
    this.#options = options
    this.#set = set
    this.#members = members && new Set(members)
  }

  override open(name: string, info: StoredObjectInfo): Writable {
    if (this.#members?.has(name) === false) return super.open(name, info)
    const { contentType, cacheControl } = info
    const { request } = this.#options
    const as = { contentType, cacheControl, request }
    storageName(name)
    return new CommitSink(bytes => this.#set.put(name, bytes, as))
  }

  /** Tells what the multivariant playlist describes, before it is stored. */
  describe(numbers: PackageNumbers): void {
    this.#set.describe({ [PACKAGE_METADATA]: JSON.stringify(numbers) })
  }
}
