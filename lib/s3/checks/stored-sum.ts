import { type HeadObjectCommandOutput, HeadObjectCommand } from '@aws-sdk/client-s3'
import type { DigestAlgorithm } from '../../io/checksums/digest.js'
import { BACKOFF, retry } from '../../io/async/retry.js'
import { reportRetry } from '../request/report-retry.js'
import { sendWithTimeout } from '../request/send-with-timeout.js'
import { hidesMd5, md5InEtag, md5OfEtag, sameEtag } from './etag.js'
import type { GetObjectRequest } from '../read/get-request-option.js'
import type { Preconditions, S3ObjectInfo } from '../read/version-pin.js'
import type { StoredSum } from './object-sum.js'
import { type PartQuestion, partSizes } from './part-sizes.js'
import type { GetTarget } from '../read/get-range.js'
import { classifyError } from '../request/classify-error.js'
import type { S3Command } from '../request/send-once.js'

/** Timeout for the store's response, in milliseconds, if `stallTimeout` is longer. */
const LIMIT = 30_000

/** Number of attempts while bytes wait for the response. */
const MAX_ATTEMPTS = 3

/** Cheapest first: CRC-32 and the hashes are Node's own. */
const ALGORITHMS = ['CRC32', 'SHA1', 'SHA256', 'CRC32C', 'CRC64NVME'] as const

/**
 * The checksum that the store keeps of an object's bytes, to check a read of the whole object: a checksum of the whole,
 * a checksum of the part checksums, or an ETag that is an MD5. `undefined` if the store keeps none, does not report it,
 * or reports another version. A ranged response never carries a checksum, so this takes a HEAD, which needs the same
 * permission as the read, and some more requests for parts.
 *
 * @param only - the single useful algorithm, of the whole object: takes one HEAD
 */
export async function storedSum(
  target: GetTarget,
  info: S3ObjectInfo,
  conditions: Preconditions,
  signal: AbortSignal,
  only?: DigestAlgorithm,
): Promise<StoredSum | undefined> {
  const { client, location, request, stallTimeout } = target
  const timeout = Math.min(stallTimeout, LIMIT)
  const maxAttempts = only === undefined ? Math.min(target.maxAttempts, MAX_ATTEMPTS) : 1
  const send = <Output>(make: () => S3Command<Output>): Promise<Output> =>
    retry(attempt => sendWithTimeout(client, make(), { timeout, signal, attempt }), {
      ...BACKOFF,
      maxAttempts,
      signal,
      isRetryable: error => classifyError(error).retryable,
      retryAfter: error => classifyError(error).retryAfter,
      onRetry: (error, attempt, delayMs) =>
        reportRetry(error, { attempt, maxAttempts, delayMs }, target.onRetry),
    })
  const input = { ...shared(request), Bucket: location.bucket, Key: location.key, ...conditions }
  try {
    const answer = await send(() => new HeadObjectCommand({ ...input, ChecksumMode: 'ENABLED' }))
    if (answer.ContentLength !== info.size || !sameEtag(answer.ETag, info.etag)) return undefined
    return await sumOf(answer, { input, info, send }, only)
  } catch {
    // Only the check is lost.
    return undefined
  }
}

/** The members of a GetObject's input that other requests for the same object need. */
function shared(request: GetObjectRequest) {
  const { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5, RequestPayer, ExpectedBucketOwner } =
    request
  return { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5, RequestPayer, ExpectedBucketOwner }
}

async function sumOf(
  answer: HeadObjectCommandOutput,
  question: Omit<PartQuestion, 'count'>,
  only: DigestAlgorithm | undefined,
): Promise<StoredSum | undefined> {
  const sums = [...checksumsOf(answer), ...etagOf(answer)]
  const whole = sums.find(({ algorithm, count }) => count === undefined && (only ?? algorithm) === algorithm)
  if (whole !== undefined) return { algorithm: whole.algorithm, value: whole.value }
  if (only !== undefined) return undefined
  const [composite] = sums
  if (composite?.count === undefined) return undefined
  const sizes = await partSizes({ ...question, count: composite.count })
  return sizes && { algorithm: composite.algorithm, value: composite.value, partSizes: sizes }
}

interface Sum {
  readonly algorithm: DigestAlgorithm
  readonly value: string
  /** Number of parts whose checksums it covers. */
  readonly count: number | undefined
}

function checksumsOf(answer: HeadObjectCommandOutput): Sum[] {
  const isOnePiece = md5OfEtag(answer.ETag) !== undefined
  return ALGORITHMS.flatMap((algorithm): Sum[] => {
    const [value, count] = answer[`Checksum${algorithm}`]?.split('-') ?? []
    if (value === undefined) return []
    if (count !== undefined) return [{ algorithm, value, count: Number(count) }]
    // Stores that predate this distinction do not report the type: for an object in one piece it covers the bytes.
    const isOfBytes =
      answer.ChecksumType === 'FULL_OBJECT' || (answer.ChecksumType === undefined && isOnePiece)
    return isOfBytes ? [{ algorithm, value, count: undefined }] : []
  })
}

/** The checksum in the ETag, if it is made of MD5s: under SSE-KMS and SSE-C it is not. */
function etagOf(answer: HeadObjectCommandOutput): Sum[] {
  const told = hidesMd5(answer) ? undefined : md5InEtag(answer.ETag)
  return told === undefined ? [] : [{ algorithm: 'MD5', value: told.md5, count: told.parts }]
}
