import { retry } from '../../io/async/retry.js'
import { formatCrc32 } from './combine-crc32.js'
import { sameEtag } from '../checks/etag.js'
import { classifyError } from '../request/classify-error.js'
import { patience } from './upload-errors.js'
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Dated, UploadCommands } from './upload-commands.js'

/** A stored object, visible under its key. */
export interface StoreCommit {
  /** As S3 sent it, with its quotes. */
  readonly etag: string
  /** If the bucket keeps versions. */
  readonly versionId: string | undefined
  /** Whether the server confirmed the CRC-32 of the whole. */
  readonly confirmed: boolean
}

/** The features that identify the object that was sent. */
export interface Expected {
  /** In bytes. */
  readonly size: number
  /** The ETag it has if ETags are made of MD5s. */
  readonly etag: string | undefined
  /** The CRC-32 of the whole, if known. */
  readonly crc32: number | undefined
  /** The marks of the marked attempts, in the metadata {@link MARK}: one of them is under the key. */
  readonly marks?: readonly string[] | undefined
  /** Whether every attempt was marked: then only a mark is proof. */
  readonly isMarked?: boolean | undefined
  /**
   * When the first attempt started, by `performance.now()`: an object stored before that is not ours, whatever its
   * bytes.
   */
  readonly since?: number | undefined
  /**
   * When the multipart upload was created, by the store's clock, in milliseconds since 1970: an object stored before
   * that is not ours. Not the time of CompleteMultipartUpload, because S3 dates the object back: "for multipart
   * uploads, the object creation date is the date of initiation of the multipart upload"
   * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html).
   */
  readonly created?: number | undefined
}

/** The metadata name that marks an attempt, to recognise an object stored without a response. */
export const MARK = 'avio-write'

/** Total error of the store's times, which are whole seconds, in milliseconds. */
const CLOCK_STEP = 2000

/**
 * Checks whether the object under the key is the one that was sent: yes, no (none or another one), or unknown.
 *
 * Equal bytes are not enough, since an older object may have them: the object is identified by its age, by the store's
 * own clock, and if that is too coarse by the mark of an attempt.
 */
export async function proveStored(
  requests: UploadCommands,
  expected: Expected,
): Promise<StoreCommit | 'other' | 'unknown'> {
  let answer: Dated<HeadObjectCommandOutput>
  try {
    const policy = patience(requests.target.maxAttempts, undefined, requests.onRetry)
    answer = await retry(attempt => requests.head(attempt), policy)
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
  // Some attempts were marked, but not the first: the object may be that attempt's, or an identical one from a moment
  // before.
  return expected.marks !== undefined && expected.marks.length > 0 ? 'unknown' : commit
}

/** Whether the object existed before the first attempt, or before the upload. */
function isOlder(
  { LastModified, serverTime }: Dated<HeadObjectCommandOutput>,
  { since, created }: Expected,
): boolean {
  if (LastModified === undefined) return false
  const modified = LastModified.getTime()
  if (created !== undefined && modified < created - CLOCK_STEP) return true
  if (since === undefined || serverTime === undefined) return false
  return serverTime - modified > performance.now() - since + CLOCK_STEP
}
