import { sleep } from '../../io/async/sleep.js'
import { S3Error, type S3ErrorFields } from '../../errors.js'
import { backoff, retry } from '../../io/async/retry.js'
import type { PartBuffer } from './part-buffer.js'
import { classifyError } from '../request/classify-error.js'
import { formatS3Uri } from '../request/s3-location.js'
import { hidesMd5 } from '../checks/etag.js'
import { checkStored } from './check-stored.js'
import { isForeign, isUploadGone, patience, uploadError } from './upload-errors.js'
import type { StoredPart, UploadCommands } from './upload-commands.js'

/** Total time for aborting an upload, in milliseconds. */
const ABORT_TIMEOUT = 60_000

/** Number of aborts for an upload that still exists, and of attempts per request. */
const ABORT_ATTEMPTS = 5

/** The store's response to the creation of an upload. */
export type UploadIdentity = Pick<MultipartUpload, 'uploadId' | 'wholeSum' | 'created' | 'hidesMd5'>

/** A multipart upload known to S3: accepts parts, in any order, until it is completed or aborted. */
export class MultipartUpload {
  readonly uploadId: string
  readonly requests: UploadCommands
  /** Whether the upload has a CRC-32 of the whole object: requested, and confirmed by the server. */
  readonly wholeSum: 'kept' | 'asked' | 'none'
  /** When it was created, by the store's clock, in milliseconds since 1970, if known. */
  readonly created: number | undefined
  /** Whether the ETags of its parts are known not to be MD5s. */
  readonly hidesMd5: boolean
  #aborted: Promise<'aborted' | 'gone'> | undefined

  private constructor(requests: UploadCommands, { uploadId, wholeSum, created, hidesMd5 }: UploadIdentity) {
    this.requests = requests
    this.uploadId = uploadId
    this.wholeSum = wholeSum
    this.created = created
    this.hidesMd5 = hidesMd5
  }

  /** An upload that exists already. */
  static known(requests: UploadCommands, identity: UploadIdentity): MultipartUpload {
    const isHidden = identity.hidesMd5 || hidesMd5(requests.target.request)
    return new MultipartUpload(requests, { ...identity, hidesMd5: isHidden })
  }

  /**
   * Creates an upload.
   *
   * @param signal - stops further attempts; a request in flight is still awaited, since an upload whose id is lost
   * cannot be aborted
   */
  static async create(requests: UploadCommands, signal: AbortSignal): Promise<MultipartUpload> {
    const { target } = requests
    const fields = { operation: 'CreateMultipartUpload', attempts: 0 }
    let asks = target.checksum === 'crc32'
    try {
      return await retry(
        async attempt => {
          fields.attempts = attempt
          const answer = await requests.create(asks, attempt).catch((error: unknown) => {
            // Cloudflare R2 checksums parts only. A server without any checksum support refuses again.
            if (!asks || !isForeign(error)) throw error
            asks = false
            return requests.create(asks, attempt)
          })
          const { UploadId: uploadId, ChecksumType, serverTime: created } = answer
          if (uploadId === undefined) throw badResponse(requests, fields, 'no upload id')
          const kept = ChecksumType === 'FULL_OBJECT' ? 'kept' : 'asked'
          const wholeSum = asks ? kept : 'none'
          return MultipartUpload.known(requests, { uploadId, wholeSum, created, hidesMd5: hidesMd5(answer) })
        },
        patience(target.maxAttempts, signal, requests.onRetry),
      )
    } catch (error) {
      throw uploadError(error, target, fields, 'Could not create a multipart upload for')
    }
  }

  /**
   * Stores a part, with up to `maxAttempts` attempts from the same memory. Rejects once nothing reads `part` any more.
   *
   * @param byteOffset - the offset of the part in the object, for the error
   */
  async uploadPart(
    part: PartBuffer,
    partNumber: number,
    byteOffset: number,
    signal: AbortSignal,
  ): Promise<StoredPart> {
    const { requests, uploadId } = this
    const fields = { operation: 'UploadPart', uploadId, partNumber, byteOffset, attempts: 0 }
    try {
      return await retry(
        async attempt => {
          fields.attempts = attempt
          const answer = await requests.uploadPart(uploadId, partNumber, part, signal, {
            attempt,
            byteOffset,
          })
          checkStored(answer, part, requests.target, fields)
          if (answer.ETag) return { partNumber, size: part.size, etag: answer.ETag, crc32: part.crc32 }
          throw badResponse(requests, fields, 'no ETag, and a part without one cannot be used')
        },
        patience(requests.target.maxAttempts, signal, requests.onRetry),
      )
    } catch (error) {
      throw uploadError(error, requests.target, fields, `Could not upload part ${partNumber} of`)
    }
  }

  /** Whether the upload exists in S3; `undefined` if S3 does not say. */
  async exists(signal?: AbortSignal): Promise<boolean | undefined> {
    try {
      const { requests, uploadId } = this
      const listing = (attempt: number) => requests.listParts(uploadId, signal, attempt)
      const policy = patience(ABORT_ATTEMPTS, signal, requests.onRetry)
      return (await retry(listing, policy)) ? true : undefined
    } catch (error) {
      return isUploadGone(classifyError(error)) ? false : undefined
    }
  }

  /**
   * Aborts the upload, and verifies that it and all its parts are gone: a part in flight when its request was cancelled
   * may land after the abort, and S3 would keep and bill it
   * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html). No part request may be in flight.
   * Takes a minute at most. Resolves with `gone` if there was nothing left to abort.
   */
  abort(): Promise<'aborted' | 'gone'> {
    return (this.#aborted ??= this.#abort(AbortSignal.timeout(ABORT_TIMEOUT)))
  }

  async #abort(signal: AbortSignal): Promise<'aborted' | 'gone'> {
    const { requests, uploadId } = this
    for (let attempt = 1; ; attempt++) {
      try {
        await retry(
          number => requests.abort(uploadId, signal, number),
          patience(ABORT_ATTEMPTS, signal, requests.onRetry),
        )
        if ((await this.exists(signal)) !== true) return 'aborted'
        if (attempt === ABORT_ATTEMPTS) throw new Error('The upload still exists after the abort.')
        await sleep(backoff(attempt, patience(ABORT_ATTEMPTS)), signal)
      } catch (error) {
        if (isUploadGone(classifyError(error))) return attempt > 1 ? 'aborted' : 'gone'
        const fields = { operation: 'AbortMultipartUpload', uploadId, attempts: attempt }
        const happened = `Parts may be left in the bucket, and billed. Could not abort upload ${uploadId} to`
        throw uploadError(error, requests.target, fields, happened)
      }
    }
  }
}

function badResponse(
  { target }: UploadCommands,
  fields: S3ErrorFields & { operation: string },
  what: string,
) {
  return new S3Error(
    'AVIO_ERR_BAD_RESPONSE',
    `The response to ${fields.operation} for ${formatS3Uri(target.location)} has ${what}.`,
    { ...target.location, ...fields },
  )
}
