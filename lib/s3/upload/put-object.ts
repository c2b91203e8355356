import { randomUUID } from 'node:crypto'
import { S3Error, type S3ErrorFields } from '../../errors.js'
import { retry } from '../../io/async/retry.js'
import { MAX_METADATA } from '../request/check-headers.js'
import type { PartBuffer } from './part-buffer.js'
import { classifyError } from '../request/classify-error.js'
import { formatS3Uri } from '../request/s3-location.js'
import { checkStored } from './check-stored.js'
import { type StoreCommit, MARK, proveStored } from './prove-stored.js'
import {
  isAnswered,
  isWorthRepeating,
  mayHaveTakenEffect,
  patience,
  unknownOutcome,
  uploadError,
} from './upload-errors.js'
import type { UploadCommands, UploadTarget } from './upload-commands.js'

/**
 * Stores an object of at most one part with a single PutObject, in up to `maxAttempts` attempts.
 *
 * Storing the same bytes again does no harm, so after a lost response it simply sends the request again. Three cases
 * need a look at the store: a condition that fails on a later attempt, since an earlier one may have met it and stored
 * the object; a last attempt without a response; and a 200 without an ETag, which S3 never sends, but a proxy may.
 *
 * An older object may have exactly the same bytes. So every attempt after the first (and the first too, with a
 * condition or `maxAttempts: 1`) carries its own mark in the metadata to identify it.
 *
 * @param signal - the object is no longer wanted: do not start another attempt, but wait for the current one
 */
export async function putObject(
  requests: UploadCommands,
  body: PartBuffer,
  signal?: AbortSignal,
): Promise<StoreCommit> {
  const { target } = requests
  const fields = { operation: 'PutObject', attempts: 0 }
  const md5 = () => `"${body.digest('md5').toString('hex')}"`
  const doubts: unknown[] = []
  const marks: string[] = []
  const since = performance.now()
  const prove = () => {
    const crc32 = target.checksum === 'crc32' ? body.crc32 : undefined
    const isMarked = marks.length === fields.attempts
    return proveStored(requests, { size: body.size, etag: md5(), crc32, marks, isMarked, since })
  }
  let last: unknown
  const operation = async (attempt: number): Promise<StoreCommit> => {
    fields.attempts = attempt
    try {
      const answer = await requests.put(body, markOf(attempt, target, marks), attempt)
      checkStored(answer, body, target, fields)
      const confirmed = target.checksum === 'crc32' && answer.ChecksumCRC32 !== undefined
      // A client stand-in, as in tests, sets no metadata on the response, and is trusted.
      if (answer.ETag || (answer.$metadata as object | undefined) === undefined)
        return { etag: answer.ETag || md5(), versionId: answer.VersionId, confirmed }
      const proof = await prove()
      if (typeof proof === 'object') return { ...proof, etag: proof.etag || md5() }
      throw new NoObjectAnswer(target, fields)
    } catch (error) {
      last = error
      if (error instanceof NoObjectAnswer || (!(error instanceof S3Error) && mayHaveTakenEffect(error)))
        doubts.push(error)
      throw error
    }
  }
  // "On a 409 failure you should retry the upload": another writer was at the same key.
  const isRetryable = (error: unknown) =>
    isWorthRepeating(error) ||
    error instanceof NoObjectAnswer ||
    classifyError(error).s3Code === 'ConditionalRequestConflict'
  try {
    return await retry(operation, { ...patience(target.maxAttempts, signal, requests.onRetry), isRetryable })
  } catch (thrown) {
    // Cancelled between two attempts: the last of them has the outcome.
    const error = signal?.aborted === true ? (last ?? thrown) : thrown
    const failure = uploadError(error, target, fields, 'Could not store')
    if (doubts.length === 0) throw failure
    const proof = await prove()
    if (typeof proof === 'object') return proof
    const isKnown = error instanceof NoObjectAnswer || isAnswered(error)
    throw proof === 'other' && isKnown ? failure : unknownOutcome(failure, target, fields)
  }
}

/** A 200 that names no object, and there is none: from a login page, or a proxy. */
class NoObjectAnswer extends S3Error {
  constructor({ location }: UploadTarget, fields: S3ErrorFields) {
    super(
      'AVIO_ERR_BAD_RESPONSE',
      `The response to PutObject for ${formatS3Uri(location)} has no ETag, and the object does not exist. ` +
        'Check for a proxy or a login page between this host and the store.',
      { ...location, ...fields },
    )
  }
}

/** The metadata that identifies an attempt, if it needs any. */
function markOf(attempt: number, target: UploadTarget, marks: string[]): Record<string, string> {
  const isConditional = target.ifNoneMatch !== undefined || target.request.IfMatch !== undefined
  if (attempt === 1 && target.maxAttempts > 1 && !isConditional) return {}
  const mark = randomUUID()
  const own = Object.entries(target.metadata ?? {})
    .flat()
    .join('')
  if (Buffer.byteLength(own) + MARK.length + mark.length > MAX_METADATA) return {}
  marks.push(mark)
  return { [MARK]: mark }
}
