import { sleep } from '../../io/async/sleep.js'
import { S3Error } from '../../errors.js'
import { backoff, waitFor } from '../../io/async/retry.js'
import { combineAllCrc32, formatCrc32 } from './combine-crc32.js'
import { multipartEtag } from '../checks/etag.js'
import type { MultipartUpload } from './multipart-upload.js'
import { classifyError } from '../request/classify-error.js'
import { reportRetry } from '../request/report-retry.js'
import { formatS3Uri } from '../request/s3-location.js'
import { type StoreCommit, type Expected, proveStored } from './prove-stored.js'
import { isUploadGone, mayHaveTakenEffect, patience, unknownOutcome, uploadError } from './upload-errors.js'
import type { StoredPart } from './upload-commands.js'

/** The expected identity of the object made from these parts. */
export function expectedOf(parts: readonly StoredPart[], sumsCrc: boolean): Expected {
  return {
    size: parts.reduce((size, part) => size + part.size, 0),
    etag: multipartEtag(parts.map(part => part.etag)),
    crc32: sumsCrc ? combineAllCrc32(parts) : undefined,
  }
}

/**
 * Makes one object of the parts, exactly once: it never cancels CompleteMultipartUpload, and after a response that
 * leaves the outcome open it finds out.
 *
 * - The upload still exists (ListParts): it was not completed. Try again, up to `maxAttempts` times; completing the
 *   same parts twice makes the same object.
 * - It is gone: either completed, or aborted by another client. HEAD decides, by the ETag computed from the parts (or
 *   the CRC-32 of the whole).
 * - Unknown: try again, for the same reason.
 * - After the last attempt it aborts the upload, so that no attempt can take effect later. If the upload existed until
 *   then, no attempt has taken effect; otherwise HEAD decides.
 *
 * With `keeps` it aborts nothing, since another process may go on with the upload: then the outcome of an attempt that
 * may still take effect is unknown.
 *
 * HEAD counts only if the upload may be gone: an older object may have exactly the same bytes.
 *
 * A refusal after such a response (412 to `If-None-Match`, NoSuchUpload) may follow from our own success, and needs
 * the same checks with ListParts and HEAD.
 */
export class CompleteUpload {
  readonly #upload: MultipartUpload
  readonly #parts: readonly StoredPart[]
  readonly #expected: Expected
  readonly #keeps: boolean
  #inDoubt = false
  /** Whether the upload still existed after the last attempt: then no attempt had completed it. */
  #wasThere = false

  /**
   * @param parts - all parts, in the order of the object
   * @param options.keeps - never aborts the upload
   */
  constructor(
    upload: MultipartUpload,
    parts: readonly StoredPart[],
    { keeps = false }: { keeps?: boolean } = {},
  ) {
    this.#upload = upload
    this.#keeps = keeps
    this.#parts = parts
    this.#expected = {
      ...expectedOf(parts, upload.requests.target.checksum === 'crc32'),
      created: upload.created,
    }
  }

  /**
   * Rejects with `AVIO_ERR_OUTCOME_UNKNOWN` if nothing can be proved; then nothing must be aborted.
   *
   * @param signal - the object is no longer wanted: do not start another attempt, but wait for the current one
   */
  async run(signal?: AbortSignal): Promise<StoreCommit> {
    const { maxAttempts } = this.#upload.requests.target
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#complete(attempt)
      } catch (error) {
        const commit = await this.#settle(error, attempt)
        if (commit) return commit
        if (attempt < maxAttempts) {
          const policy = patience(maxAttempts)
          const wait = waitFor(backoff(attempt, policy), policy, classifyError(error).retryAfter)
          if (signal?.aborted !== true) this.#report(error, { attempt, maxAttempts, delayMs: wait })
          await sleep(wait, signal).catch(() => undefined)
        }
        if (attempt >= maxAttempts || signal?.aborted === true) return await this.#giveUp(error, attempt)
      }
    }
  }

  /** One attempt. A response counts if it carries the ETag; a response without an object is invalid. */
  async #complete(attempt: number): Promise<StoreCommit> {
    const { requests, uploadId, wholeSum } = this.#upload
    const { crc32, etag } = this.#expected
    const whole = wholeSum === 'none' ? undefined : { crc32: wholeSum === 'kept' ? crc32 : undefined }
    const answer = await requests.complete(uploadId, this.#parts, whole, attempt)
    const confirmed = this.#confirms(answer.ChecksumCRC32)
    if (answer.ETag) return { etag: answer.ETag, versionId: answer.VersionId, confirmed }
    if (answer.Key === undefined && answer.Location === undefined) {
      throw new Error('The response to CompleteMultipartUpload names no object.')
    }
    // Ceph 16 omits the ETag from its first response.
    const proof = await proveStored(requests, this.#expected)
    if (typeof proof === 'object') return proof
    return { etag: etag ?? '', versionId: answer.VersionId, confirmed }
  }

  /** Whether the server has the CRC-32 of the whole that was sent; throws if it has a different one. */
  #confirms(crc: string | undefined): boolean {
    const { crc32 } = this.#expected
    // A composite value, with a dash, is a checksum of checksums and says nothing about the whole.
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

  /**
   * Finds out the effect of a failed attempt: the commit, or `undefined` to try again. Throws if the failure is final.
   */
  async #settle(error: unknown, attempt: number): Promise<StoreCommit | undefined> {
    if (error instanceof S3Error) throw error
    const failure = classifyError(error)
    if (!mayHaveTakenEffect(error)) {
      if (failure.retryable) return undefined
      // A proxy may have sent the request twice, and this is the second response: upload gone, or refused because of
      // its own success.
      const mayBeEcho = isUploadGone(failure) || failure.statusCode === 412
      if (!this.#inDoubt && !mayBeEcho) throw this.#failure(error, attempt)
      // It still exists: no earlier attempt completed it, so the refusal is real, whatever is under the key.
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
    // It exists, or there is no response: completing the same parts again makes the same object.
    if (exists !== false) return undefined
    const proof = await proveStored(this.#upload.requests, this.#expected)
    if (typeof proof === 'object') return proof
    throw this.#unknown(error, attempt)
  }

  /** After the last attempt. */
  async #giveUp(error: unknown, attempt: number): Promise<StoreCommit> {
    if (!this.#inDoubt) throw this.#failure(error, attempt)
    if (this.#keeps && this.#wasThere) throw this.#unknown(error, attempt)
    const aborted = this.#keeps ? undefined : await this.#upload.abort().catch(() => undefined)
    // It existed, and is now aborted: no attempt can have completed it, whatever is under the key.
    if (this.#wasThere && aborted === 'aborted') throw this.#failure(error, attempt)
    const proof = await proveStored(this.#upload.requests, this.#expected)
    if (typeof proof === 'object') return proof
    throw aborted !== undefined && proof === 'other'
      ? this.#failure(error, attempt)
      : this.#unknown(error, attempt)
  }

  #report(error: unknown, next: { attempt: number; maxAttempts: number; delayMs: number }): void {
    const { target, onRetry } = this.#upload.requests
    reportRetry(error, next, onRetry, { ...target.location, ...this.#fields(next.attempt) })
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
