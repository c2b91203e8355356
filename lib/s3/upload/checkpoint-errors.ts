import { S3Error, isError } from '../../errors.js'
import { formatS3Uri } from '../request/s3-location.js'
import { type PartSizeSchedule, heldSize, partSizeAt } from './part-size-schedule.js'
import type { ListedPart, PartListing } from './stored-parts.js'
import type { UploadTarget } from './upload-commands.js'

/** The remedy for every mismatch. */
const START_OVER =
  'Nothing is visible under the key, and the upload is left as it is. Resume it with the same bytes and options, or ' +
  'abort it and start over without its checkpoint.'

/** The error for parts that contradict the bytes or the options of the resumed run. */
export function checkpointMismatch(
  { location }: UploadTarget,
  fields: { uploadId: string; partNumber?: number; byteOffset?: number },
  happened: string,
): S3Error {
  const message = `Could not resume upload ${fields.uploadId} to ${formatS3Uri(location)}: ${happened} ${START_OVER}`
  return new S3Error('AVIO_ERR_CHECKPOINT_MISMATCH', message, { ...location, ...fields })
}

/** The error for a `save` that threw or rejected. */
export function checkpointNotSaved({ location }: UploadTarget, uploadId: string, cause: unknown): S3Error {
  const said = isError(cause) ? `: ${cause.message}` : ''
  const message = `The checkpoint of upload ${uploadId} to ${formatS3Uri(location)} was not saved${said}`
  return new S3Error('AVIO_ERR_CHECKPOINT_SAVE', message, { ...location, uploadId }, { cause })
}

/** The error for a part that another process replaced. */
export function checkpointRaced({ location }: UploadTarget, cause: S3Error): S3Error {
  const { operation, uploadId = '', attempts, statusCode, s3Code, requestId } = cause
  const message =
    `Could not complete ${formatS3Uri(location)}: another process has sent a part of upload ${uploadId} meanwhile. ` +
    'Nothing was stored. Resume it: the next run compares all parts again.'
  const fields = { ...location, operation, uploadId, attempts, statusCode, s3Code, requestId }
  return new S3Error('AVIO_ERR_UPLOAD_FAILED', message, fields, { cause, retryable: true })
}

/** Describes a part whose size differs from that of the stored one. */
export function describeSizes({ partNumber, size }: ListedPart, now: number): string {
  return (
    `Part ${partNumber} has ${size} bytes in the upload, and ${now} now: the source has changed, or "partSize", ` +
    '"partGrowth", "concurrency" or "headerReserve" is not the one with which the upload began.'
  )
}

/**
 * Checks, before anything is sent, that the stored parts have the same boundaries as the new ones: parts of other sizes
 * between them would make the upload useless, also with the right options.
 *
 * The last stored part may be the object's last one, and shorter; part 1 may have a header in front of it.
 *
 * @throws {@link S3Error} `AVIO_ERR_CHECKPOINT_MISMATCH`
 */
export function checkListing(
  { parts, algorithm }: PartListing,
  uploadId: string,
  target: UploadTarget,
  sizes: PartSizeSchedule,
): void {
  if (algorithm !== undefined && (algorithm === 'CRC32') !== (target.checksum === 'crc32')) {
    const happened = `It was created with the checksum ${algorithm}, and "checksum" is "${target.checksum}" now.`
    throw checkpointMismatch(target, { uploadId }, happened)
  }
  const last = Math.max(...parts.keys())
  for (const part of parts.values()) {
    const { partNumber, size } = part
    const full = partSizeAt(partNumber, sizes)
    const fits =
      partNumber === 1
        ? last === 1 || size >= heldSize(sizes, undefined)
        : size === full || (partNumber === last && size < full)
    if (!fits) throw checkpointMismatch(target, { uploadId, partNumber }, describeSizes(part, full))
  }
}
