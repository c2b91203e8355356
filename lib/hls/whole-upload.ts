import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../errors.js'
import { retry } from '../io/retry.js'
import { attempt } from '../s3/attempt.js'
import { formatCrc32 } from '../s3/crc32.js'
import { MIN_PART_SIZE } from '../s3/part-size.js'
import type { S3Command } from '../s3/send.js'
import { checkStored } from '../s3/stored-check.js'
import { proveStored } from '../s3/stored-proof.js'
import {
  isAnswered,
  mayHaveTakenEffect,
  patience,
  unknownOutcome,
  uploadError,
} from '../s3/upload-failure.js'
import { inputOf } from '../s3/upload-request.js'
import { UploadRequests, type UploadTarget } from '../s3/upload-requests.js'
import type { UploadClass } from './lib-storage.js'
import type { WholeBody } from './whole-body.js'

/**
 * Stores a small whole body by lib-storage's `Upload`, tried up to `maxAttempts` times.
 *
 * `Upload` is given one buffer and a part size that is not less, so that it sends a single PutObject, which is all or
 * nothing by itself: no parts can be left behind. It is given a client that sends each command once, whose wait ends
 * where nothing has moved for `stallTimeout`; what goes wrong is so told and retried as in the rest of the library.
 * (By itself `Upload` waits for ever, and its `abort()` rejects at once while the request goes on.)
 *
 * Putting the same bytes again does no harm, so an answer that was lost is asked for once more; when all tries are used
 * up, a look at what is there decides.
 *
 * @param signal - nobody wants it any more: no further try is begun; the one that was sent is waited for
 * @throws {@link S3Error} as `S3MultipartWritable` does
 */
export async function uploadWhole(
  Upload: UploadClass,
  target: UploadTarget,
  body: WholeBody,
  signal: AbortSignal,
): Promise<void> {
  const fields = { operation: 'PutObject', attempts: 0 }
  const doubts: unknown[] = []
  const operation = async (number: number): Promise<void> => {
    fields.attempts = number
    try {
      const upload = new Upload({
        client: sendingOnce(target, body),
        params: inputFor(target, body),
        partSize: Math.max(MIN_PART_SIZE, body.size),
        queueSize: 1,
      })
      checkStored(await upload.done(), body, target, fields)
    } catch (error) {
      if (!(error instanceof S3Error) && mayHaveTakenEffect(error)) doubts.push(error)
      throw error
    }
  }
  try {
    await retry(operation, patience(target.maxAttempts, signal))
  } catch (error) {
    const failure = uploadError(error, target, fields, 'Could not store')
    if (doubts.length === 0 || signal.aborted) throw failure
    const expected = {
      size: body.size,
      etag: `"${body.digest('md5').toString('hex')}"`,
      crc32: target.checksum === 'crc32' ? body.crc32 : undefined,
    }
    const proof = await proveStored(new UploadRequests(target), expected)
    if (typeof proof === 'object') return
    throw proof === 'other' && isAnswered(error) ? failure : unknownOutcome(failure, target, fields)
  }
}

function inputFor(target: UploadTarget, body: WholeBody): PutObjectCommandInput {
  const { location, contentType, checksum, request } = target
  return {
    ...inputOf(request, 'PutObject'),
    Bucket: location.bucket,
    Key: location.key,
    ContentType: contentType,
    Body: body.bytes,
    ContentLength: body.size,
    ...(checksum === 'crc32' && { ChecksumAlgorithm: 'CRC32', ChecksumCRC32: formatCrc32(body.crc32) }),
    ...(checksum === 'md5' && { ContentMD5: body.digest('md5').toString('base64') }),
  }
}

/** As much of a client as `Upload` asks of one. */
function sendingOnce({ client, stallTimeout }: UploadTarget, body: WholeBody): S3Client {
  const send = (command: S3Command<unknown>) => attempt(client, command, { timeout: stallTimeout, body })
  return { config: client.config, send } as unknown as S3Client
}
