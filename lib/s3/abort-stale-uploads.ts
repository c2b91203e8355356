import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { S3Error } from '../errors.js'
import { retry } from '../io/async/retry.js'
import {
  booleanOption,
  integerOption,
  knownOptions,
  optionError,
  optionsObject,
  signalOption,
  stringOption,
} from '../options.js'
import { sendWithTimeout } from './request/send-with-timeout.js'
import { type S3ClientOption, clientOption } from './request/s3-client.js'
import { classifyError, s3Error } from './request/classify-error.js'
import { readStoreClock } from './request/store-clock.js'
import { patience } from './upload/upload-errors.js'
import { maxAttemptsOption } from './upload/upload-options.js'

/** Options of {@link abortStaleUploads}. */
export interface AbortStaleUploadsOptions extends S3ClientOption {
  /** The bucket's name, or the ARN of an access point. */
  bucket: string
  /**
   * Only uploads to keys that begin with this prefix.
   * @defaultValue none: uploads to all keys
   */
  prefix?: string | undefined
  /**
   * Minimum age of an upload by the store's clock, in milliseconds: 0 or more. Choose more than the longest job takes:
   * an upload in progress looks the same as one whose process was killed, or that `checkpoint` left to be resumed.
   */
  olderThan: number
  /**
   * Only lists the uploads it would abort.
   * @defaultValue `true`
   */
  dryRun?: boolean | undefined
  /** Stops the run with an `AbortError`; uploads already aborted stay aborted. */
  signal?: AbortSignal | undefined
  /**
   * Number of attempts per request: 1 to 100.
   * @defaultValue 5
   */
  maxAttempts?: number | undefined
}

/** A multipart upload that was neither completed nor aborted. */
export interface StaleUpload {
  /** The bucket. */
  bucket: string
  /** The key of the upload. */
  key: string
  /** The upload id. */
  uploadId: string
  /** When the upload was created, by the store's clock. */
  initiated: Date
  /** Whether it was aborted: `false` in a dry run, and if there is an `error`. */
  aborted: boolean
  /** Why the abort failed. */
  error?: S3Error
}

const NAMES = ['client', 'bucket', 'prefix', 'olderThan', 'dryRun', 'signal', 'maxAttempts']

/** Longest time without any data sent or received in a request, in milliseconds. */
const TIMEOUT = 60_000

/** What a run needs. */
interface Task {
  readonly client: S3Client
  readonly bucket: string
  readonly prefix: string
  readonly maxAttempts: number
  readonly signal: AbortSignal | undefined
}

/**
 * Aborts the multipart uploads that killed processes, and failures with `checkpoint`, left in a bucket; S3 bills them
 * until then. If the bucket may have
 * a lifecycle rule, `AbortIncompleteMultipartUpload` does the same automatically.
 *
 * By default it changes nothing: it lists the uploads it would abort. It reads all pages of the listing, and continues
 * after an upload that it can't abort; an upload that is already gone counts as aborted.
 *
 * @returns the uploads that are older than `olderThan`, in the order of the listing (by key)
 * @throws {@link OptionError} `AVIO_ERR_OPTION` for an option that breaks its rule
 * @throws {@link S3Error} if it can't list the uploads: `AVIO_ERR_ACCESS_DENIED` (it needs
 * `s3:ListBucketMultipartUploads`), `AVIO_ERR_NO_SUCH_BUCKET`, `AVIO_ERR_BAD_RESPONSE` … or `AVIO_ERR_READ_FAILED`
 *
 * @example
 * ```ts
 * const day = 24 * 60 * 60 * 1000
 * const stale = await abortStaleUploads({ bucket: 'web', prefix: 'talks/', olderThan: day })
 * if (stale.length > 0) await abortStaleUploads({ bucket: 'web', prefix: 'talks/', olderThan: day, dryRun: false })
 * ```
 */
export async function abortStaleUploads(options: AbortStaleUploadsOptions): Promise<StaleUpload[]> {
  const given = optionsObject(options, 'abortStaleUploads')
  knownOptions(given, 'abortStaleUploads', NAMES)
  const bucket = stringOption(given, 'bucket', { default: undefined })
  if (bucket === undefined) throw optionError('bucket', 'given', bucket)
  if ((given as Partial<AbortStaleUploadsOptions>).olderThan === undefined)
    throw optionError('olderThan', 'given, in milliseconds', undefined)
  const olderThan = integerOption(given, 'olderThan', {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: 0,
    unit: 'milliseconds',
  })
  const dryRun = booleanOption(given, 'dryRun', { default: true })
  const task: Task = {
    client: clientOption(given),
    bucket,
    prefix: options.prefix === '' ? '' : stringOption(given, 'prefix', { default: '' }),
    maxAttempts: maxAttemptsOption(given),
    signal: signalOption(given),
  }
  // List everything first: aborting while paging would shift the pages.
  const stale = (await list(task)).filter(({ age }) => age >= olderThan).map(({ upload }) => upload)
  if (!dryRun) for (const upload of stale) await abort(task, upload)
  return stale
}

async function list(task: Task): Promise<{ upload: StaleUpload; age: number }[]> {
  const { client, bucket, prefix, maxAttempts, signal } = task
  const found: { upload: StaleUpload; age: number }[] = []
  const fields = { bucket, key: prefix, operation: 'ListMultipartUploads', attempts: 0 }
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {}
  for (;;) {
    const input = { Bucket: bucket, ...(prefix !== '' && { Prefix: prefix }), ...marker }
    let now = Date.now()
    let page: ListMultipartUploadsCommandOutput
    try {
      page = await retry(
        number => {
          fields.attempts = number
          const command = new ListMultipartUploadsCommand(input)
          readStoreClock(command, time => (now = time))
          return sendWithTimeout(client, command, { timeout: TIMEOUT, signal, attempt: number })
        },
        patience(maxAttempts, signal),
      )
    } catch (error) {
      if (signal?.aborted === true) throw error
      throw s3Error(error, 'AVIO_ERR_READ_FAILED', fields, 'Could not list the uploads to')
    }
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      // MinIO treats the prefix as a key, and other stores may omit it.
      if (Key === undefined || UploadId === undefined || Initiated === undefined || !Key.startsWith(prefix))
        continue
      const upload = { bucket, key: Key, uploadId: UploadId, initiated: Initiated, aborted: false }
      // The response's clock has whole seconds.
      found.push({ upload, age: Math.max(0, now - Initiated.getTime()) })
    }
    if (page.IsTruncated !== true) return found
    const { NextKeyMarker, NextUploadIdMarker } = page
    if (
      NextKeyMarker === undefined ||
      (NextKeyMarker === marker.KeyMarker && NextUploadIdMarker === marker.UploadIdMarker)
    ) {
      throw new S3Error(
        'AVIO_ERR_BAD_RESPONSE',
        `The list of uploads to s3://${bucket}/${prefix} is truncated, but the response names no next page.`,
        fields,
      )
    }
    marker = {
      KeyMarker: NextKeyMarker,
      ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }),
    }
  }
}

async function abort({ client, maxAttempts, signal }: Task, upload: StaleUpload): Promise<void> {
  const { bucket, key, uploadId } = upload
  const fields = { bucket, key, operation: 'AbortMultipartUpload', uploadId, attempts: 0 }
  try {
    await retry(
      number => {
        fields.attempts = number
        const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId })
        return sendWithTimeout(client, command, { timeout: TIMEOUT, signal, attempt: number })
      },
      patience(maxAttempts, signal),
    )
    upload.aborted = true
  } catch (error) {
    if (signal?.aborted === true) throw error
    upload.aborted = classifyError(error).statusCode === 404
    if (!upload.aborted)
      upload.error = s3Error(error, 'AVIO_ERR_UPLOAD_FAILED', fields, `Could not abort upload ${uploadId} to`)
  }
}
