import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { sendWithTimeout } from '../../s3/request/send-with-timeout.js'
import { formatCrc32 } from '../../s3/upload/combine-crc32.js'
import { MIN_PART_SIZE } from '../../s3/upload/part-size-schedule.js'
import type { S3Command } from '../../s3/request/send-once.js'
import { putObject } from '../../s3/upload/put-object.js'
import { inputOf } from '../../s3/upload/upload-request-option.js'
import { UploadCommands, type UploadTarget } from '../../s3/upload/upload-commands.js'
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
 * @param signal - nobody wants it any more: no further try is begun; the one that was sent is waited for
 * @throws {@link S3Error} as `S3MultipartWritable` does
 */
export async function uploadWhole(
  Upload: UploadClass,
  target: UploadTarget,
  body: WholeBody,
  signal: AbortSignal,
): Promise<void> {
  const send = (marked: Record<string, string>) =>
    new Upload({
      client: sendingOnce(target, body),
      params: inputFor(target, body, marked),
      partSize: Math.max(MIN_PART_SIZE, body.size),
      queueSize: 1,
    }).done()
  await putObject(new UploadCommands(target), body, { send, signal })
}

function inputFor(
  target: UploadTarget,
  body: WholeBody,
  marked: Record<string, string>,
): PutObjectCommandInput {
  const { location, contentType, checksum, request } = target
  return {
    ...inputOf(request, 'PutObject'),
    Bucket: location.bucket,
    Key: location.key,
    ContentType: contentType,
    ...(Object.keys(marked).length > 0 && { Metadata: marked }),
    Body: body.bytes,
    ContentLength: body.size,
    ...(checksum === 'crc32' && { ChecksumAlgorithm: 'CRC32', ChecksumCRC32: formatCrc32(body.crc32) }),
    ...(checksum === 'md5' && { ContentMD5: body.digest('md5').toString('base64') }),
  }
}

/** As much of a client as `Upload` asks of one. */
function sendingOnce(
  { client, stallTimeout: timeout, minThroughput }: UploadTarget,
  body: WholeBody,
): S3Client {
  const send = (command: S3Command<unknown>) =>
    sendWithTimeout(client, command, { timeout, minThroughput, body })
  return { config: client.config, send } as unknown as S3Client
}
