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
 * Stores an object of no more than one part with a single PutObject, tried up to `maxAttempts` times.
 *
 * Putting the same bytes again does no harm, so an answer that was lost is simply asked for once more. Three things
 * are left to be settled by a look at what is there: a condition that fails on a later try, since an earlier one may
 * have met it and stored the object; a last try without an answer; and a 200 without an ETag, which S3 never sends,
 * but something in between does.
 *
 * An older object may have the very same bytes. So every try behind the first, and the first too where a condition or
 * `maxAttempts: 1` leaves no other, carries a mark of its own in the metadata, by which the look recognises it.
 *
 * @param signal - nobody wants it any more: no further try is begun; the one that was sent is waited for
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
      const answer = await requests.put(body, markOf(attempt, target, marks))
      checkStored(answer, body, target, fields)
      const confirmed = target.checksum === 'crc32' && answer.ChecksumCRC32 !== undefined
      // A stand-in for a client, as tests use them, sets no metadata of the answer, and is believed.
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
    return await retry(operation, { ...patience(target.maxAttempts, signal), isRetryable })
  } catch (thrown) {
    // Given up between two tries: the last of them says what happened.
    const error = signal?.aborted === true ? (last ?? thrown) : thrown
    const failure = uploadError(error, target, fields, 'Could not store')
    if (doubts.length === 0) throw failure
    const proof = await prove()
    if (typeof proof === 'object') return proof
    const isKnown = error instanceof NoObjectAnswer || isAnswered(error)
    throw proof === 'other' && isKnown ? failure : unknownOutcome(failure, target, fields)
  }
}

/** A 200 that names no object, where there is none: of a login page, or of a proxy. */
class NoObjectAnswer extends S3Error {
  constructor({ location }: UploadTarget, fields: S3ErrorFields) {
    super(
      'AVIO_ERR_BAD_RESPONSE',
      `The answer to PutObject for ${formatS3Uri(location)} has no ETag, and the object does not exist. ` +
        'Check for a proxy or a login page between this host and the store.',
      { ...location, ...fields },
    )
  }
}

/** The metadata that a try is known by, where it needs one. */
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
