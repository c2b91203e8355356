import type { PutObjectCommandOutput } from '@aws-sdk/client-s3'
import { S3Error } from '../errors.js'
import { retry } from '../io/retry.js'
import type { PartBuffer } from './part-buffer.js'
import { classify } from './s3-failure.js'
import { checkStored } from './stored-check.js'
import { type Commit, proveStored } from './stored-proof.js'
import {
  isAnswered,
  isWorthRepeating,
  mayHaveTakenEffect,
  patience,
  unknownOutcome,
  uploadError,
} from './upload-failure.js'
import type { UploadRequests } from './upload-requests.js'

/** What is put, as far as it has to be known here. */
export type PutBody = Pick<PartBuffer, 'size' | 'crc32' | 'digest'>

/** How it is put. */
export interface Put {
  /** Sends it once. */
  readonly send: () => Promise<PutObjectCommandOutput>
  /** Nobody wants it any more: no further try is begun; the one that was sent is waited for. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Stores an object of less than one part with a single PutObject, tried up to `maxAttempts` times.
 *
 * Putting the same bytes again does no harm, so an answer that was lost is simply asked for once more. Two things
 * are left to be settled by a look at what is there: a condition that fails on a later try, since an earlier one may
 * have met it and stored the object; and a last try without an answer.
 */
export async function putObject(
  requests: UploadRequests,
  body: PutBody,
  { send, signal }: Put,
): Promise<Commit> {
  const { target } = requests
  const fields = { operation: 'PutObject', attempts: 0 }
  const md5 = () => `"${body.digest('md5').toString('hex')}"`
  const doubts: unknown[] = []
  const operation = async (attempt: number): Promise<Commit> => {
    fields.attempts = attempt
    try {
      const answer = await send()
      checkStored(answer, body, target, fields)
      const confirmed = target.checksum === 'crc32' && answer.ChecksumCRC32 !== undefined
      return { etag: answer.ETag || md5(), versionId: answer.VersionId, confirmed }
    } catch (error) {
      if (!(error instanceof S3Error) && mayHaveTakenEffect(error)) doubts.push(error)
      throw error
    }
  }
  // "On a 409 failure you should retry the upload": another writer was at the same key.
  const isRetryable = (error: unknown) =>
    isWorthRepeating(error) || classify(error).s3Code === 'ConditionalRequestConflict'
  try {
    return await retry(operation, { ...patience(target.maxAttempts, signal), isRetryable })
  } catch (error) {
    const failure = uploadError(error, target, fields, 'Could not store')
    if (doubts.length === 0 || signal?.aborted === true) throw failure
    const crc32 = target.checksum === 'crc32' ? body.crc32 : undefined
    const proof = await proveStored(requests, { size: body.size, etag: md5(), crc32 })
    if (typeof proof === 'object') return proof
    throw proof === 'other' && isAnswered(error) ? failure : unknownOutcome(failure, target, fields)
  }
}
