import { sleep } from '../../io/async/sleep.js'
import { S3Error } from '../../errors.js'
import { backoff, waitFor } from '../../io/async/retry.js'
import { combineAllCrc32, formatCrc32 } from './combine-crc32.js'
import { multipartEtag } from '../checks/etag.js'
import type { MultipartUpload } from './multipart-upload.js'
import { classifyError } from '../request/classify-error.js'
import { formatS3Uri } from '../request/s3-location.js'
import { type StoreCommit, type Expected, proveStored } from './prove-stored.js'
import { isUploadGone, mayHaveTakenEffect, patience, unknownOutcome, uploadError } from './upload-errors.js'
import type { StoredPart } from './upload-commands.js'

/** What the object of these parts will be known by. */
export function expectedOf(parts: readonly StoredPart[], sumsCrc: boolean): Expected {
  return {
    size: parts.reduce((size, part) => size + part.size, 0),
    etag: multipartEtag(parts.map(part => part.etag)),
    crc32: sumsCrc ? combineAllCrc32(parts) : undefined,
  }
}

/**
 * Makes one object of the parts, once and for all: CompleteMultipartUpload is never cancelled, and an answer that
 * leaves its outcome open is not the end of the matter.
 *
 * - The upload is still there (ListParts): it was not completed. Once more, up to `maxAttempts` times; completing the
 *   same parts twice makes the same object.
 * - It is gone: it was completed, or aborted by somebody else. HEAD tells, by the ETag made of the parts' (or the
 *   CRC-32 of the whole).
 * - Nobody can say: once more, for the same reason.
 * - When all tries are used up, the upload is aborted, so that none of them can take effect any more. Where it was
 *   there until then, none has; else HEAD tells.
 *
 * HEAD is believed only where the upload is not known to be still there: an older object may have the very same bytes.
 *
 * A refusal that comes after such an answer (412 to `If-None-Match`, NoSuchUpload) may be the echo of our own
 * success, and is held against ListParts and HEAD likewise.
 */
export class CompleteUpload {
  readonly #upload: MultipartUpload
  readonly #parts: readonly StoredPart[]
  readonly #expected: Expected
  #inDoubt = false
  /** Whether the upload was still there after the last try: then no try had completed it. */
  #wasThere = false

  /** @param parts - all parts, in the order of the object */
  constructor(upload: MultipartUpload, parts: readonly StoredPart[]) {
    this.#upload = upload
    this.#parts = parts
    this.#expected = {
      ...expectedOf(parts, upload.requests.target.checksum === 'crc32'),
      since: performance.now(),
    }
  }

  /**
   * Rejects with `AVIO_ERR_OUTCOME_UNKNOWN` where nothing can be proved; then nothing must be aborted.
   *
   * @param signal - nobody wants the object any more: no further try is begun; the one that was sent is waited for
   */
  async run(signal?: AbortSignal): Promise<StoreCommit> {
    const { maxAttempts } = this.#upload.requests.target
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#complete()
      } catch (error) {
        const commit = await this.#settle(error, attempt)
        if (commit) return commit
        if (attempt < maxAttempts) {
          const policy = patience(maxAttempts)
          const wait = waitFor(backoff(attempt, policy), policy, classifyError(error).retryAfter)
          await sleep(wait, signal).catch(() => undefined)
        }
        if (attempt >= maxAttempts || signal?.aborted === true) return await this.#giveUp(error, attempt)
      }
    }
  }

  /** One try. Its answer is believed when it carries the ETag; one without an object in it is no answer. */
  async #complete(): Promise<StoreCommit> {
    const { requests, uploadId, wholeSum } = this.#upload
    const { crc32, etag } = this.#expected
    const whole = wholeSum === 'none' ? undefined : { crc32: wholeSum === 'kept' ? crc32 : undefined }
    const answer = await requests.complete(uploadId, this.#parts, whole)
    const confirmed = this.#confirms(answer.ChecksumCRC32)
    if (answer.ETag) return { etag: answer.ETag, versionId: answer.VersionId, confirmed }
    if (answer.Key === undefined && answer.Location === undefined) {
      throw new Error('The answer to CompleteMultipartUpload names no object.')
    }
    // Ceph 16 leaves the ETag out of its first answer.
    const proof = await proveStored(requests, this.#expected)
    if (typeof proof === 'object') return proof
    return { etag: etag ?? '', versionId: answer.VersionId, confirmed }
  }

  /** Whether the server has the CRC-32 of the whole that was sent; throws where it has another one. */
  #confirms(crc: string | undefined): boolean {
    const { crc32 } = this.#expected
    // A composite value, with a dash, is a checksum of checksums and says nothing of the whole.
    if (crc32 === undefined || crc === undefined || crc.includes('-')) return false
    if (crc === formatCrc32(crc32)) return true
    const { location } = this.#upload.requests.target
    throw new S3Error(
      'AVIO_ERR_CHECKSUM_MISMATCH',
      `${formatS3Uri(location)} was stored with CRC32 ${crc}, but ${formatCrc32(crc32)} was sent. ` +
        'It is visible: delete it, or upload it again.',
      { ...location, ...this.#fields(1) },
    )
  }

  /** Finds out what a failed try has done: the commit, or `undefined` to try again. Throws where the end is known. */
  async #settle(error: unknown, attempt: number): Promise<StoreCommit | undefined> {
    if (error instanceof S3Error) throw error
    const failure = classifyError(error)
    if (!mayHaveTakenEffect(error)) {
      if (failure.retryable) return undefined
      // Something in between may have sent it twice, and this is the second answer: gone, or in the way of itself.
      const mayBeEcho = isUploadGone(failure) || failure.statusCode === 412
      if (!this.#inDoubt && !mayBeEcho) throw this.#failure(error, attempt)
      // Still here: no earlier try completed it, so that the refusal is meant, whatever lies under the key.
      const mayBeHere = this.#inDoubt || !isUploadGone(failure)
      if (mayBeHere && (await this.#upload.exists()) === true) throw this.#failure(error, attempt)
      const proof = await proveStored(this.#upload.requests, this.#expected)
      if (typeof proof === 'object') return proof
      throw proof === 'unknown' || (this.#inDoubt && isUploadGone(failure))
        ? this.#unknown(error, attempt)
        : this.#failure(error, attempt)
    }
    this.#inDoubt = true
    const exists = await this.#upload.exists()
    this.#wasThere = exists === true
    // Here, or no answer: completing the same parts again makes the same object.
    if (exists !== false) return undefined
    const proof = await proveStored(this.#upload.requests, this.#expected)
    if (typeof proof === 'object') return proof
    throw this.#unknown(error, attempt)
  }

  /** All tries are used up. */
  async #giveUp(error: unknown, attempt: number): Promise<StoreCommit> {
    if (!this.#inDoubt) throw this.#failure(error, attempt)
    const aborted = await this.#upload.abort().catch(() => undefined)
    // It was there, and is thrown away: no try can have completed it, whatever lies under the key.
    if (this.#wasThere && aborted === 'aborted') throw this.#failure(error, attempt)
    const proof = await proveStored(this.#upload.requests, this.#expected)
    if (typeof proof === 'object') return proof
    throw aborted !== undefined && proof === 'other'
      ? this.#failure(error, attempt)
      : this.#unknown(error, attempt)
  }

  #failure(error: unknown, attempt: number): S3Error {
    return uploadError(error, this.#upload.requests.target, this.#fields(attempt), 'Could not complete')
  }

  #unknown(error: unknown, attempt: number): S3Error {
    const { target } = this.#upload.requests
    return unknownOutcome(this.#failure(error, attempt), target, this.#fields(attempt))
  }

  #fields(attempts: number) {
    return { operation: 'CompleteMultipartUpload', uploadId: this.#upload.uploadId, attempts }
  }
}
