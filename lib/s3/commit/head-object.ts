import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { retry } from '../../io/async/retry.js'
import { checkBucket, noteBucket } from '../request/check-bucket.js'
import { s3Error } from '../request/classify-error.js'
import { type S3Location, formatS3Uri } from '../request/s3-location.js'
import { sendWithTimeout } from '../request/send-with-timeout.js'
import { patience } from '../upload/upload-errors.js'

/** The state of an object, from a HEAD. */
export interface ObjectState {
  readonly etag: string
  /** In bytes. */
  readonly size: number
  readonly versionId: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/** Settings of {@link headObject}. */
export interface HeadSettings {
  /** The version to look at. @defaultValue the newest */
  readonly versionId?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** In milliseconds. */
const TIMEOUT = 60_000
const ATTEMPTS = 5

/**
 * The state of an object; `undefined` if there is none. A missing bucket is an error: the first answer that there is
 * no object makes it look for the bucket as well, once per client.
 *
 * @throws {@link S3Error} if the request fails for good, or the bucket does not exist; the reason of `signal`
 */
export async function headObject(
  client: S3Client,
  location: S3Location,
  { versionId, signal }: HeadSettings = {},
): Promise<ObjectState | undefined> {
  const input = { Bucket: location.bucket, Key: location.key, VersionId: versionId }
  const fields = { ...location, operation: 'HeadObject', attempts: 0 }
  const operation = (attempt: number) => {
    fields.attempts = attempt
    return sendWithTimeout(client, new HeadObjectCommand(input), { timeout: TIMEOUT, signal, attempt })
  }
  const answer = await retry(operation, patience(ATTEMPTS, signal)).catch((error: unknown) => {
    if (signal?.aborted === true) throw error
    const failure = s3Error(error, 'AVIO_ERR_READ_FAILED', fields, 'HeadObject failed for')
    if (failure.code !== 'AVIO_ERR_NO_SUCH_KEY') throw failure
    return undefined
  })
  if (answer === undefined) {
    await checkBucket(client, location.bucket, signal)
    return undefined
  }
  noteBucket(client, location.bucket)
  const { ETag: etag, ContentLength: size, VersionId, Metadata: metadata = {} } = answer
  if (etag === undefined || size === undefined) throw withoutEtag(location)
  return { etag, size, versionId: VersionId, metadata }
}

function withoutEtag(location: S3Location): S3Error {
  const message = `The store reports no ETag or size of ${formatS3Uri(location)}, so no plan can name its version.`
  return new S3Error('AVIO_ERR_BAD_RESPONSE', message, { ...location })
}
