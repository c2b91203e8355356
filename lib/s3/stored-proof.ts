import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { retry } from '../io/retry.js'
import { formatCrc32 } from './crc32.js'
import { sameEtag } from './etag.js'
import { classify } from './s3-failure.js'
import { patience } from './upload-failure.js'
import type { UploadRequests } from './upload-requests.js'

/** An object that has taken its place. */
export interface Commit {
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
}

/**
 * Asks whether the object under the key is the one that was sent: it is, there is none or another one, or nobody can
 * say.
 */
export async function proveStored(
  requests: UploadRequests,
  expected: Expected,
): Promise<Commit | 'other' | 'unknown'> {
  let answer: HeadObjectCommandOutput
  try {
    answer = await retry(() => requests.head(), patience(requests.target.maxAttempts))
  } catch (error) {
    return classify(error).statusCode === 404 ? 'other' : 'unknown'
  }
  const confirmed = expected.crc32 !== undefined && answer.ChecksumCRC32 === formatCrc32(expected.crc32)
  const isOurs = answer.ContentLength === expected.size && (confirmed || sameEtag(answer.ETag, expected.etag))
  return isOurs ? { etag: answer.ETag ?? '', versionId: answer.VersionId, confirmed } : 'other'
}
