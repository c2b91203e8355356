import { randomBytes } from 'node:crypto'
import type { MultipartUpload } from './multipart-upload.js'
import { ServiceError } from '../wire/service-error.js'
import type { DeleteMarker, ObjectVersion, StoredObject } from './stored-object.js'

/** Whether a bucket keeps old versions. */
export type Versioning = 'Enabled' | 'Suspended' | undefined

/** Receives every change that has to outlive the process. */
export interface Journal {
  /** A bucket was created, or its versioning changed. */
  bucketChanged(bucket: Bucket): void
  bucketRemoved(bucket: Bucket): void
  versionStored(bucket: Bucket, version: ObjectVersion): void
  versionRemoved(bucket: Bucket, version: ObjectVersion): void
}

/** The id of versions created before, or without, versioning. */
export const NULL_VERSION = 'null'

/** Orders names like S3: by their UTF-8 bytes, that is by code points. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    // Surrogates represent code points above all others, but their units are not the highest.
    const [xHigh, yHigh] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff]
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1
  }
  return a.length - b.length
}

let lastSequence = 0

/** An id that sorts by creation time. */
export function newId(): string {
  lastSequence = Math.max(lastSequence + 1, Date.now() * 1000)
  return `${lastSequence.toString(36).padStart(11, '0')}.${randomBytes(12).toString('base64url')}`
}

/** The effect of a delete. */
export interface Deletion {
  /** The version created (a marker) or removed; absent if there was nothing, and no versioning. */
  readonly versionId: string | undefined
  /** Whether that version is a delete marker. */
  readonly isMarker: boolean
}

/** A bucket: versions by key, and uploads in progress. All changes happen within one tick. */
export class Bucket {
  readonly name: string
  readonly createdAt: Date
  readonly uploads = new Map<string, MultipartUpload>()
  readonly #journal: Journal
  /** By key; the newest version is the last. */
  readonly #versions = new Map<string, ObjectVersion[]>()
  #versioning: Versioning
  #sortedKeys: string[] | undefined

  constructor(name: string, journal: Journal, createdAt = new Date(), versioning?: Versioning) {
    this.name = name
    this.#journal = journal
    this.createdAt = createdAt
    this.#versioning = versioning
  }

  /** Whether the bucket keeps old versions. */
  get versioning(): Versioning {
    return this.#versioning
  }

  set versioning(versioning: Versioning) {
    this.#versioning = versioning
    this.#journal.bucketChanged(this)
  }

  /** Whether there is neither a version nor a delete marker. Uploads in progress do not count, as on AWS. */
  get isEmpty(): boolean {
    return this.#versions.size === 0
  }

  /** All keys with any entry, even a delete marker, in S3's order. */
  get keys(): readonly string[] {
    return (this.#sortedKeys ??= [...this.#versions.keys()].sort(compareKeys))
  }

  /** The versions of a key, newest first. */
  versionsOf(key: string): ObjectVersion[] {
    return [...(this.#versions.get(key) ?? [])].reverse()
  }

  /** The newest version of a key. */
  latest(key: string): ObjectVersion | undefined {
    return this.#versions.get(key)?.at(-1)
  }

  /** The object that a read without a version id returns. */
  current(key: string): StoredObject | undefined {
    const latest = this.latest(key)
    return latest?.kind === 'object' ? latest : undefined
  }

  /** The object that a read returns; `NoSuchKey`, `NoSuchVersion` or `MethodNotAllowed` (a marker by its id). */
  find(key: string, versionId?: string): StoredObject {
    const version =
      versionId === undefined
        ? this.latest(key)
        : this.#versions.get(key)?.find(candidate => candidate.versionId === versionId)
    if (version?.kind === 'object') return version
    const marker = version && { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId }
    if (versionId === undefined) {
      throw new ServiceError('NoSuchKey', { fields: { Key: key }, headers: marker ?? {} })
    }
    if (marker) throw new ServiceError('MethodNotAllowed', { headers: { ...marker, allow: 'DELETE' } })
    throw new ServiceError('NoSuchVersion', { fields: { Key: key, VersionId: versionId } })
  }

  /** The version id for an object about to be stored. */
  newVersionId(): string {
    return this.#versioning === 'Enabled' ? newId() : NULL_VERSION
  }

  /** Stores a version as the newest; replaces one with the same id (`null`, without versioning). */
  store(version: ObjectVersion): void {
    const versions = this.#versions.get(version.key) ?? []
    const replaced = versions.find(({ versionId }) => versionId === version.versionId)
    this.#set(version.key, [...versions.filter(other => other !== replaced), version])
    this.#journal.versionStored(this, version)
    if (replaced) this.#drop(replaced)
  }

  /** Deletes a key (in a versioned bucket: adds a marker on top), or one version for good. */
  delete(key: string, versionId?: string): Deletion {
    if (versionId !== undefined) return this.#deleteVersion(key, versionId)
    if (this.#versioning !== undefined) {
      const marker: DeleteMarker = {
        kind: 'delete-marker',
        key,
        versionId: this.newVersionId(),
        lastModified: new Date(),
      }
      this.store(marker)
      return { versionId: marker.versionId, isMarker: true }
    }
    this.#deleteVersion(key, NULL_VERSION)
    return { versionId: undefined, isMarker: false }
  }

  /**
   * Restores a version from an earlier process, oldest first, without notifying the journal. Returns the version that
   * it replaces, if that process had no time to remove it.
   */
  restore(version: ObjectVersion): ObjectVersion | undefined {
    const versions = this.#versions.get(version.key) ?? []
    const replaced = versions.find(({ versionId }) => versionId === version.versionId)
    this.#set(version.key, [...versions.filter(other => other !== replaced), version])
    return replaced
  }

  #deleteVersion(key: string, versionId: string): Deletion {
    const versions = this.#versions.get(key) ?? []
    const removed = versions.find(version => version.versionId === versionId)
    if (!removed) return { versionId, isMarker: false }
    this.#set(
      key,
      versions.filter(version => version !== removed),
    )
    this.#drop(removed)
    return { versionId, isMarker: removed.kind === 'delete-marker' }
  }

  #set(key: string, versions: ObjectVersion[]): void {
    if (versions.length === 0 || !this.#versions.has(key)) this.#sortedKeys = undefined
    if (versions.length === 0) this.#versions.delete(key)
    else this.#versions.set(key, versions)
  }

  #drop(version: ObjectVersion): void {
    this.#journal.versionRemoved(this, version)
    if (version.kind === 'object') version.content.release()
  }
}
