import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { MiB } from '../../options.js'
import { S3Error } from '../../errors.js'
import { retry } from '../../io/async/retry.js'
import { md5OfEtag } from '../checks/etag.js'
import { classifyError } from '../request/classify-error.js'
import { formatS3Uri } from '../request/s3-location.js'
import { formatCrc32 } from './combine-crc32.js'
import type { PartBuffer } from './part-buffer.js'
import { isUploadGone, patience, uploadError } from './upload-errors.js'
import type { UploadCommands } from './upload-commands.js'

/** A part as the store lists it. */
export interface ListedPart {
  readonly partNumber: number
  /** In bytes. */
  readonly size: number
  /** As the server sent it; empty if it did not. */
  readonly etag: string
  /** Its CRC-32 in S3's notation, if the server keeps one. */
  readonly crc32: string | undefined
}

/** The stored parts of an upload. */
export interface PartListing {
  /** By part number. */
  readonly parts: ReadonlyMap<number, ListedPart>
  /** The checksum algorithm of the upload, if the server has one and says so. */
  readonly algorithm: string | undefined
  /** Whether the server sums the whole object. */
  readonly sumsWhole: boolean
}

/** How much is hashed in one turn of the event loop, in bytes: some milliseconds. */
const BYTES_A_TURN = 4 * MiB

/**
 * Lists the parts of an upload, all pages; `undefined` if the upload does not exist.
 *
 * @throws {@link S3Error} `AVIO_ERR_ACCESS_DENIED` (it needs `s3:ListMultipartUploadParts`), `AVIO_ERR_BAD_RESPONSE` …
 */
export async function listStoredParts(
  requests: UploadCommands,
  uploadId: string,
  signal: AbortSignal,
): Promise<PartListing | undefined> {
  const { target } = requests
  const fields = { operation: 'ListParts', uploadId, attempts: 0 }
  const parts = new Map<number, ListedPart>()
  for (let marker: string | undefined; ;) {
    const page = await retry(
      attempt => {
        fields.attempts = attempt
        return requests.listPage(uploadId, marker, signal, attempt)
      },
      patience(target.maxAttempts, signal, requests.onRetry),
    ).catch((error: unknown) => {
      if (isUploadGone(classifyError(error))) return undefined
      throw signal.aborted ? error : uploadError(error, target, fields, 'Could not list the parts of')
    })
    if (page === undefined) return undefined
    for (const { PartNumber, Size, ETag, ChecksumCRC32 } of page.Parts ?? []) {
      if (PartNumber === undefined || Size === undefined) continue
      parts.set(PartNumber, { partNumber: PartNumber, size: Size, etag: ETag ?? '', crc32: ChecksumCRC32 })
    }
    const next = page.NextPartNumberMarker
    const isStuck = page.IsTruncated === true && (next === undefined || next === marker)
    if (page.UploadId === undefined || isStuck) {
      const what = isStuck ? 'is truncated, but names no next page' : 'names no upload'
      throw new S3Error(
        'AVIO_ERR_BAD_RESPONSE',
        `The list of the parts of ${formatS3Uri(target.location)} ${what}. ` +
          'Check for a proxy or cache between this host and the store.',
        { ...target.location, ...fields },
      )
    }
    if (page.IsTruncated !== true) {
      const { ChecksumAlgorithm, ChecksumType } = page
      return { parts, algorithm: ChecksumAlgorithm, sumsWhole: ChecksumType === 'FULL_OBJECT' }
    }
    marker = next
  }
}

/**
 * Compares a part with the stored one of the same size.
 *
 * - A different CRC-32 proves that they differ. An equal one is not taken alone if there is an MD5 as well: 2⁻³² is too
 *   much for a promise.
 * - An ETag that equals the MD5 proves that they are the same. A different one proves that they differ, unless the
 *   CRC-32 is equal: then it is no MD5 (under SSE-KMS it looks like one), and nothing is proved.
 *
 * @param trusts.crc32 - whether CRC-32s of parts are kept
 * @param trusts.etag - whether an ETag that looks like an MD5 is one, as far as anyone knows
 */
export async function comparePart(
  part: Pick<PartBuffer, 'crc32' | 'slices'>,
  listed: Pick<ListedPart, 'etag' | 'crc32'>,
  trusts: { readonly crc32: boolean; readonly etag: boolean },
  signal: AbortSignal,
): Promise<'same' | 'different' | 'unproved'> {
  const hasCrc = trusts.crc32 && listed.crc32 !== undefined
  if (hasCrc && listed.crc32 !== formatCrc32(part.crc32)) return 'different'
  const md5 = trusts.etag ? md5OfEtag(listed.etag) : undefined
  if (md5 === undefined) return hasCrc ? 'same' : 'unproved'
  if (md5 === (await md5InTurns(part, signal))) return 'same'
  return hasCrc ? 'unproved' : 'different'
}

/** The MD5 of a part, in lower-case hex. A large part takes seconds, during which other work goes on. */
export async function md5InTurns(part: Pick<PartBuffer, 'slices'>, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5')
  let hashed = 0
  for (const slice of part.slices()) {
    hash.update(slice)
    hashed += slice.length
    if (hashed < BYTES_A_TURN) continue
    hashed = 0
    await setImmediate()
    signal.throwIfAborted()
  }
  return hash.digest('hex')
}
