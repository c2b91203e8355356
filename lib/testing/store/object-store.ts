import { Bucket, type Journal } from './bucket.js'
import type { ContentStore } from './content.js'
import { ServiceError } from '../wire/service-error.js'

/** The response to a Complete, for a client that repeats it after losing the response. */
export interface CompletedUpload {
  readonly bucket: string
  readonly key: string
  /** The parts as named in the request. */
  readonly parts: string
  readonly answer: { readonly headers: Readonly<Record<string, string>>; readonly body: string }
}

const MAX_REMEMBERED_UPLOADS = 1000

/** Whether a bucket name is valid: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !/^[\d.]+$/.test(name)
}

/** The whole state of the server. */
export class ObjectStore {
  /** The store for bytes. */
  readonly contents: ContentStore
  readonly #journal: Journal
  readonly #buckets = new Map<string, Bucket>()
  readonly #completed = new Map<string, CompletedUpload>()

  constructor(contents: ContentStore, journal: Journal) {
    this.contents = contents
    this.#journal = journal
  }

  /** All buckets, by name. */
  get buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Whether there is a bucket of this name. */
  has(name: string): boolean {
    return this.#buckets.has(name)
  }

  /** A bucket by name; `NoSuchBucket` if there is none. */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name)
    if (!bucket) throw new ServiceError('NoSuchBucket', { fields: { BucketName: name } })
    return bucket
  }

  /** Creates a bucket; `InvalidBucketName`, `BucketAlreadyOwnedByYou`. */
  createBucket(name: string): Bucket {
    if (!isBucketName(name)) throw new ServiceError('InvalidBucketName', { fields: { BucketName: name } })
    if (this.#buckets.has(name)) {
      throw new ServiceError('BucketAlreadyOwnedByYou', { fields: { BucketName: name } })
    }
    const bucket = new Bucket(name, this.#journal)
    this.#buckets.set(name, bucket)
    this.#journal.bucketChanged(bucket)
    return bucket
  }

  /** Deletes an empty bucket; `BucketNotEmpty`, `NoSuchBucket`. */
  deleteBucket(name: string): void {
    const bucket = this.bucket(name)
    if (!bucket.isEmpty) throw new ServiceError('BucketNotEmpty', { fields: { BucketName: name } })
    for (const upload of bucket.uploads.values()) upload.release()
    this.#buckets.delete(name)
    this.#journal.bucketRemoved(bucket)
  }

  /** Restores a bucket of an earlier process, without notifying the journal. */
  restore(bucket: Bucket): void {
    this.#buckets.set(bucket.name, bucket)
  }

  /** Remembers a Complete; forgets the oldest if there are too many. */
  remember(uploadId: string, completed: CompletedUpload): void {
    this.#completed.set(uploadId, completed)
    if (this.#completed.size <= MAX_REMEMBERED_UPLOADS) return
    const [oldest] = this.#completed.keys()
    this.#completed.delete(oldest!)
  }

  /** The Complete of an upload that no longer exists. */
  completed(uploadId: string): CompletedUpload | undefined {
    return this.#completed.get(uploadId)
  }
}
