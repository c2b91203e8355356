import type { PutObjectCommandOutput, UploadPartCommandOutput } from '@aws-sdk/client-s3'
import { S3Error, type S3ErrorFields } from '../../errors.js'
import { formatCrc32 } from './combine-crc32.js'
import { hidesMd5, md5OfEtag } from '../checks/etag.js'
import type { PartBuffer } from './part-buffer.js'
import { formatS3Uri } from '../request/s3-location.js'
import type { UploadTarget } from './upload-commands.js'

/**
 * Compares the server's checksum of the stored bytes with the one sent, if the upload has one.
 *
 * @throws {@link S3Error} `AVIO_ERR_CHECKSUM_MISMATCH` if they differ
 */
export function checkStored(
  answer: UploadPartCommandOutput | PutObjectCommandOutput,
  sent: Pick<PartBuffer, 'crc32' | 'digest'>,
  target: UploadTarget,
  fields: S3ErrorFields,
): void {
  const [kind, stored, expected] =
    target.checksum === 'crc32'
      ? ['CRC32', answer.ChecksumCRC32, formatCrc32(sent.crc32)]
      : [
          'MD5',
          md5Of(answer, target),
          target.checksum === 'md5' ? sent.digest('md5').toString('hex') : undefined,
        ]
  if (stored === undefined || expected === undefined || stored === expected) return
  throw new S3Error(
    'AVIO_ERR_CHECKSUM_MISMATCH',
    `The server reports ${kind} ${stored} for the bytes it stored for ${formatS3Uri(target.location)}, but ` +
      `${expected} was sent. They were damaged in transit or in the store: check the network and any proxy in between.`,
    { ...target.location, ...fields },
  )
}

function md5Of(answer: UploadPartCommandOutput | PutObjectCommandOutput, target: UploadTarget) {
  const isHidden = hidesMd5(target.request) || hidesMd5(answer)
  return isHidden ? undefined : md5OfEtag(answer.ETag)
}
