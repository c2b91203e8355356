import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3'
import { S3Error, type S3ErrorCode } from '../../errors.js'
import { abortError, untilAborted } from '../../io/async/abort-error.js'
import { classifyError } from './classify-error.js'
import { type RawError, remedyOf } from './remedies.js'
import { sendWithTimeout } from './send-with-timeout.js'

/**
 * Whether a bucket can be written to, as far as anyone may ask. A sink sends its first request when it has the first
 * part, or the whole object: a misspelt bucket would be found after hours of encoding. A HEAD for the object does not
 * tell either: a response to HEAD has no body, and the status is 404 for a missing object and a missing bucket alike.
 *
 * So HeadBucket asks: once per client and bucket in the life of a process, however many objects go there. It needs
 * `s3:ListBucket`; without that permission the store answers 403, which is remembered, too, and is no failure. Nor is
 * any other answer, or none: the write itself will tell.
 */

/** In milliseconds. The look is a favor: a store that does not answer it may still take objects. */
const TIMEOUT = 10_000

/** `settled`: no fault can be told; `unanswered`: the next one asks again; `aborted`: by its own caller. */
type Look = S3Error | 'settled' | 'unanswered' | 'aborted'

const looks = new WeakMap<S3Client, Map<string, 'settled' | Promise<Look>>>()

/**
 * Looks whether a bucket exists where the client points to. Callers at the same time share one request.
 *
 * @throws `S3Error` `AVIO_ERR_NO_SUCH_BUCKET`, or `AVIO_ERR_WRONG_REGION` if the store names another region; an
 *   `AbortError`
 */
export async function checkBucket(client: S3Client, bucket: string, signal?: AbortSignal): Promise<void> {
  const known = looksOf(client)
  for (;;) {
    if (signal?.aborted === true) throw abortError(signal)
    const running = known.get(bucket)
    if (running === 'settled') return
    let look: Look
    if (running === undefined) {
      const own = lookAt(client, bucket, signal)
      known.set(bucket, own)
      look = await own
      // What is wrong may be mended, so that the next job looks again.
      if (look === 'settled') known.set(bucket, look)
      else known.delete(bucket)
    } else look = signal === undefined ? await running : await untilAborted(running, signal, () => undefined)
    if (look instanceof S3Error) throw look
    if (look !== 'aborted') return
  }
}

/** Notes that a bucket exists: an object in it has been seen. */
export function noteBucket(client: S3Client, bucket: string): void {
  looksOf(client).set(bucket, 'settled')
}

/** Whether an error says that a bucket is not where the client points to, which no later request can change. */
export function isBucketFault(error: unknown): boolean {
  const code = error instanceof S3Error ? error.code : undefined
  return code === 'AVIO_ERR_NO_SUCH_BUCKET' || code === 'AVIO_ERR_WRONG_REGION'
}

function looksOf(client: S3Client): Map<string, 'settled' | Promise<Look>> {
  let known = looks.get(client)
  if (known === undefined) {
    known = new Map<string, 'settled' | Promise<Look>>()
    looks.set(client, known)
  }
  return known
}

async function lookAt(client: S3Client, bucket: string, signal: AbortSignal | undefined): Promise<Look> {
  try {
    await sendWithTimeout(client, new HeadBucketCommand({ Bucket: bucket }), { timeout: TIMEOUT, signal })
    return 'settled'
  } catch (error) {
    if (signal?.aborted === true) return 'aborted'
    const { statusCode, retryable } = classifyError(error)
    if (statusCode === 404) return bucketFault(error, 'AVIO_ERR_NO_SUCH_BUCKET', bucket, 'does not exist')
    // Gateways redirect for other reasons, too; S3 names the region.
    const { headers } = (error as RawError).$response ?? {}
    if (statusCode === 301 && headers?.['x-amz-bucket-region'] !== undefined)
      return bucketFault(error, 'AVIO_ERR_WRONG_REGION', bucket, 'is in another region')
    return statusCode === undefined || retryable ? 'unanswered' : 'settled'
  }
}

function bucketFault(error: unknown, code: S3ErrorCode, bucket: string, what: string): S3Error {
  const { statusCode, requestId } = classifyError(error)
  const message = `The bucket "${bucket}" ${what} (HeadBucket: HTTP ${statusCode ?? 0}). ${remedyOf(error, code)}`
  const fields = { bucket, operation: 'HeadBucket', attempts: 1, statusCode, requestId }
  return new S3Error(code, message, fields, { cause: error, retryable: false })
}
