import type { Writable } from 'node:stream'
import { S3Error } from '../../errors.js'
import type { CommitSet } from '../../s3/commit/commit-set.js'
import { CommitSink } from '../../s3/commit/commit-sink.js'
import { listObjects } from '../../s3/list-objects.js'
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

/** Objects below the name of a claimed run. */
interface Claimed {
  /** What their names begin with. */
  readonly folder: string
  /** Those that earlier runs have left, each with its ETag if a listing has it; `undefined` if it is not permitted. */
  readonly there: Map<string, string | undefined> | undefined
  /** Those that this run has opened. */
  readonly own: Set<string>
}

/** An `S3Storage` some of whose objects are committed as a {@link CommitSet}. */
export class CommittingStorage extends S3Storage {
  readonly #options: S3StorageOptions
  readonly #set: CommitSet
  readonly #members: ReadonlySet<string> | undefined
  #claimed: Claimed | undefined

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
    if (this.#members?.has(name) === false) return this.#openOther(name, info)
    const { contentType, cacheControl } = info
    const { request } = this.#options
    const as = { contentType, cacheControl, request }
    storageName(name)
    return new CommitSink(bytes => this.#set.put(name, bytes, as))
  }

  /**
   * Claims the name of a run by an object: see `claimName`. Another attempt at the same work may take it over, while
   * this one stands still; so from here on, this one replaces only what it finds below that name now.
   *
   * @throws `CommitRefusal` if another run has it; the errors of the requests
   */
  async claim(name: string, bytes: Uint8Array): Promise<void> {
    await this.#set.claim(name, bytes, { contentType: 'application/json', request: this.#options.request })
    if (!this.#set.isShared) return
    const folder = name.slice(0, name.lastIndexOf('/') + 1)
    this.#claimed = { folder, there: await this.#list(folder), own: new Set([name]) }
  }

  /** Whether an object of the set is still this one’s. */
  async holds(name: string): Promise<boolean> {
    return await this.#set.holds(name)
  }

  #openOther(name: string, info: StoredObjectInfo): Writable {
    const { folder, there, own } = this.#claimed ?? {}
    if (there === undefined || own!.has(name) || !name.startsWith(folder!)) return super.open(name, info)
    own!.add(name)
    if (!there.has(name)) return super.open(name, { ...info, ifNoneMatch: '*' })
    const etag = there.get(name)
    if (etag === undefined) return super.open(name, info)
    const { request } = this.#options
    return new S3Storage({ ...this.#options, request: { ...request, IfMatch: etag } }).open(name, info)
  }

  async #list(folder: string): Promise<Claimed['there']> {
    const { client, bucket, prefix = '' } = this.#options
    const there = new Map<string, string | undefined>()
    try {
      for await (const { key, etag } of listObjects({ client: client!, bucket, prefix: prefix + folder }))
        there.set(key.slice(prefix.length), etag)
      return there
    } catch (error) {
      if (error instanceof S3Error && error.code === 'AVIO_ERR_ACCESS_DENIED') return undefined
      throw error
    }
  }

  /** Tells what the multivariant playlist describes, before it is stored. */
  describe(numbers: PackageNumbers): void {
    this.#set.describe({ [PACKAGE_METADATA]: JSON.stringify(numbers) })
  }
}
