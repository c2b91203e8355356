import { retry } from '../../io/async/retry.js'
import { formatCrc32 } from './combine-crc32.js'
import { sameEtag } from '../checks/etag.js'
import { classifyError } from '../request/classify-error.js'
import { patience } from './upload-errors.js'
import type { ObjectHead, UploadCommands } from './upload-commands.js'

/** An object that has taken its place. */
export interface StoreCommit {
  /** As S3 gave it, with its quotes. */
  readonly etag: string
  /** Where the bucket keeps versions. */
  readonly versionId: string | undefined
  /** Whether the server has said that the CRC-32 of the whole is the one of what was sent. */
  readonly confirmed: boolean
}

/** By what the object that was sent is recognised. */
export interface Expected {
  /** In bytes. */
  readonly size: number
  /** The ETag it has where ETags are made of MD5s. */
  readonly etag: string | undefined
  /** The CRC-32 of the whole, where it is known. */
  readonly crc32: number | undefined
  /** What tells tries apart that were marked, by the metadata {@link MARK}: one of these is under the key. */
  readonly marks?: readonly string[] | undefined
  /** Whether every try was marked: then only a mark proves. */
  readonly isMarked?: boolean | undefined
  /** When the first try began, by `performance.now()`: what was stored before is not ours, whatever its bytes. */
  readonly since?: number | undefined
}

/** The name of the metadata by which a try is recognised that may have stored an object without saying so. */
export const MARK = 'avio-write'

/** How far the times of the store, whole seconds, may be off in sum, in milliseconds. */
const CLOCK_STEP = 2000

/**
 * Asks whether the object under the key is the one that was sent: it is, there is none or another one, or nobody can
 * say.
 *
 * The same bytes are not enough, since an older object may have them: it is known by its age, by the store's own
 * clock, and where that is too coarse by the mark that a try was given.
 */
export async function proveStored(
  requests: UploadCommands,
  expected: Expected,
): Promise<StoreCommit | 'other' | 'unknown'> {
  let answer: ObjectHead
  try {
    answer = await retry(() => requests.head(), patience(requests.target.maxAttempts))
  } catch (error) {
    return classifyError(error).statusCode === 404 ? 'other' : 'unknown'
  }
  if (answer.ContentLength !== expected.size) return 'other'
  const confirmed = expected.crc32 !== undefined && answer.ChecksumCRC32 === formatCrc32(expected.crc32)
  const commit = { etag: answer.ETag ?? '', versionId: answer.VersionId, confirmed }
  const mark = answer.Metadata?.[MARK]
  if (mark !== undefined && expected.marks?.includes(mark)) return commit
  if (!confirmed && !sameEtag(answer.ETag, expected.etag)) return 'other'
  if (mark !== undefined || expected.isMarked === true || isOlder(answer, expected)) return 'other'
  // Some tries were marked, and the first was not: it may be this one, or a twin from a moment before.
  return expected.marks !== undefined && expected.marks.length > 0 ? 'unknown' : commit
}

/** Whether the object was there before the first try. */
function isOlder({ LastModified, serverTime }: ObjectHead, { since }: Expected): boolean {
  if (since === undefined || LastModified === undefined || serverTime === undefined) return false
  return serverTime - LastModified.getTime() > performance.now() - since + CLOCK_STEP
}
