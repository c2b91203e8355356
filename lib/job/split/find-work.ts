import type { S3Client } from '@aws-sdk/client-s3'
import { abortStaleUploads } from '../../s3/abort-stale-uploads.js'
import { listObjects } from '../../s3/list-objects.js'

/** Where to look, and what counts as used. */
export interface FindWorkOptions {
  readonly client: S3Client
  readonly bucket: string
  /** The work prefix of jobs. */
  readonly prefix: string
  /** The work of one plan only, such as `<prefix><hash>/`. */
  readonly only?: string
  /** The age from which on nothing counts as used, in milliseconds by the store's clock. */
  readonly olderThan: number
  readonly signal?: AbortSignal | undefined
}

/** What is stored of one plan. */
export interface FoundWork {
  /** `<prefix><hash>/` */
  readonly prefix: string
  /** When the newest object was stored, or the newest upload created, by the store's clock. */
  newest: Date
  objects: number
  /** Of all objects. */
  bytes: number
  uploads: number
  /** Whether something is younger than `olderThan`. */
  isUsed: boolean
}

/** What follows the work prefix: the hash of a plan. Nothing else is ever looked at. */
const HASH = /^[0-9a-f]{64}\//

/** Finds the work of plans, objects and uploads, by key. */
export async function findWork(options: FindWorkOptions): Promise<FoundWork[]> {
  const { client, bucket, prefix, only = prefix, olderThan, signal } = options
  const found = new Map<string, FoundWork>()
  const see = (key: string, date: Date, isUsed: boolean): FoundWork | undefined => {
    const [hash] = HASH.exec(key.slice(prefix.length)) ?? []
    if (hash === undefined) return undefined
    const none = { objects: 0, bytes: 0, uploads: 0, isUsed: false }
    const one = found.get(hash) ?? { prefix: prefix + hash, newest: date, ...none }
    found.set(hash, one)
    one.isUsed ||= isUsed
    if (date > one.newest) one.newest = date
    return one
  }
  for await (const { key, size, modified, age } of listObjects({ client, bucket, prefix: only, signal })) {
    const one = see(key, modified, age < olderThan)
    if (one === undefined) continue
    one.objects++
    one.bytes += size
  }
  const uploadsOf = (age: number) =>
    abortStaleUploads({ client, bucket, prefix: only, olderThan: age, signal })
  const uploads = await uploadsOf(0)
  const old = new Set((await uploadsOf(olderThan)).map(({ uploadId }) => uploadId))
  for (const { key, initiated, uploadId } of uploads) {
    const one = see(key, initiated, !old.has(uploadId))
    if (one !== undefined) one.uploads++
  }
  return [...found.values()].sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
}
