import type { S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { abortStaleUploads } from '../../s3/abort-stale-uploads.js'

/** Which uploads. */
export interface UploadsBelow {
  readonly client: S3Client
  readonly bucket: string
  readonly prefix: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Aborts all uploads below a prefix. What else there is to remove does not depend on them, so a failure is returned: a
 * policy may permit to remove objects, and not to list uploads.
 *
 * @returns the first failure
 * @throws an `AbortError`
 */
export async function abortUploads(below: UploadsBelow): Promise<S3Error | undefined> {
  try {
    const uploads = await abortStaleUploads({ ...below, olderThan: 0, dryRun: false })
    return uploads.find(({ error }) => error !== undefined)?.error
  } catch (error) {
    if (error instanceof S3Error) return error
    throw error
  }
}
