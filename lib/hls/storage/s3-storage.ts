import type { Writable } from 'node:stream'
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { readExactly } from '../../io/read-exactly.js'
import { retry } from '../../io/async/retry.js'
import { MiB, knownOptions, optionError, optionsObject, stringOption } from '../../options.js'
import { headObject } from '../../s3/commit/head-object.js'
import { objectExists } from '../../s3/commit/write-condition.js'
import { sendWithTimeout } from '../../s3/request/send-with-timeout.js'
import { checkHeaderValue } from '../../s3/request/check-headers.js'
import { type S3ClientOption, clientOption } from '../../s3/request/s3-client.js'
import { classifyError, s3Error } from '../../s3/request/classify-error.js'
import type { PayloadSigning } from '../../s3/request/request-body.js'
import { formatS3Uri, locationOption } from '../../s3/request/s3-location.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { S3Source } from '../../s3/s3-source.js'
import { patience } from '../../s3/upload/upload-errors.js'
import { sendingOptions } from '../../s3/upload/upload-options.js'
import { type UploadRequest, inputOf, uploadRequestOption } from '../../s3/upload/upload-request-option.js'
import type { UploadChecksum } from '../../s3/upload/upload-commands.js'
import { type SegmentStorage, type StoredObjectInfo, storageName } from './segment-storage.js'

/** Options of {@link S3Storage}. */
export interface S3StorageOptions extends S3ClientOption {
  /** The bucket's name, or the ARN of an access point. */
  bucket: string
  /**
   * Prefix of all keys, such as a folder: `talks/1/`. If it does not end with `/`, one is inserted before the name.
   * @defaultValue none: names are keys
   */
  prefix?: string | undefined
  /**
   * Further input of the SDK, for every object: encryption, access, tags, locks … Its `CacheControl` applies to objects
   * without one of their own. Reads and removals get the members that apply to them.
   */
  request?: UploadRequest | undefined
  /**
   * Checksum that protects the bytes in transit, as with {@link S3MultipartWritable}.
   * @defaultValue `'crc32'`
   */
  checksum?: UploadChecksum | undefined
  /**
   * Whether signatures cover the bytes of objects, as with {@link S3MultipartWritable}.
   * @defaultValue `'auto'`: over http only
   */
  payloadSigning?: PayloadSigning | undefined
  /**
   * Number of attempts per request: 1 to 100.
   * @defaultValue 5
   */
  maxAttempts?: number | undefined
  /**
   * How long a request may go without sending or receiving data before it is retried, in milliseconds: 1 to 2³¹ − 1, or
   * `Infinity`.
   * @defaultValue 60,000
   */
  stallTimeout?: number | undefined
  /**
   * Minimum rate at which the body of a request has to be sent, in bytes per second, measured over `stallTimeout`; 0
   * for none.
   * @defaultValue 512
   */
  minThroughput?: number | undefined
}

const NAMES = [
  'client',
  'bucket',
  'prefix',
  'request',
  'checksum',
  'payloadSigning',
  'maxAttempts',
  'stallTimeout',
  'minThroughput',
]

/**
 * For segments and playlists. They are complete before they are written, so parallel parts would gain nothing; and one
 * PutObject is one request, where parts would take four. A part only takes the memory of its bytes.
 */
const SEGMENT_SIZES = { partSize: 64 * MiB, concurrency: 1 }

/**
 * Stores segments and playlists as objects in S3, below a prefix, with their media types and cache headers.
 *
 * An {@link S3MultipartWritable} writes each object. Up to 64 MiB it is a single PutObject; longer objects are sent in
 * parts of 64 MiB. Objects opened as `large` are sent in parts of 8 MiB as they are written.
 *
 * Guarantees
 * - Before the stream's end nothing is visible under a name, and an older object stays; `'finish'` comes only after the
 *   object is stored. A stream destroyed before its end leaves nothing.
 * - A request that makes an object visible is not cancelled: `destroy()` waits for it, so the object may exist when the
 *   stream closes. `delete()` removes it.
 * - Every wait is bounded, each request is tried `maxAttempts` times, and after a lost response the storage checks the
 *   object.
 *
 * Memory: for each open object the bytes written, rounded up to a block: 64 KiB at first, 1 MiB above that; never more
 * than 128 MiB. `large` objects: 40 MiB.
 *
 * Errors: {@link S3Error} of the streams, as of `S3MultipartWritable`.
 *
 * @example
 * ```ts
 * const storage = new S3Storage({ bucket: 'web', prefix: 'talks/1/' })
 * const playlist = storage.open('master.m3u8', {
 *   contentType: 'application/vnd.apple.mpegurl',
 *   cacheControl: 'max-age=60',
 * })
 * playlist.end('#EXTM3U\n')
 * await finished(playlist)
 * ```
 */
export class S3Storage implements SegmentStorage {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #prefix: string
  readonly #request: UploadRequest
  readonly #sending: ReturnType<typeof sendingOptions>

  /**
   * @throws {@link OptionError} `AVIO_ERR_OPTION` for an option that breaks its rule
   */
  constructor(options: S3StorageOptions) {
    const given = optionsObject(options, 'S3Storage')
    knownOptions(given, 'S3Storage', NAMES)
    const bucket = stringOption(given, 'bucket', { default: undefined })
    if (bucket === undefined) throw optionError('bucket', 'given', bucket)
    const prefix = options.prefix === '' ? '' : stringOption(given, 'prefix', { default: '' })
    this.#client = clientOption(given)
    this.#bucket = bucket
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
    this.#request = uploadRequestOption(given)
    this.#sending = sendingOptions(given)
  }

  /**
   * Opens a name for writing.
   *
   * @throws {@link OptionError} `AVIO_ERR_OPTION` for a name that leads out of the storage, or makes a key of more than
   * 1,024 bytes; for a `contentType` or `cacheControl` that is not a valid header value
   */
  open(name: string, { contentType, cacheControl, large = false, ifNoneMatch }: StoredObjectInfo): Writable {
    const location = this.#locationOf(name)
    checkHeaderValue('cacheControl', cacheControl ?? '', 'Give directives, such as max-age=60')
    const request =
      cacheControl === undefined ? this.#request : { ...this.#request, CacheControl: cacheControl }
    const sizes = large ? {} : SEGMENT_SIZES
    return new S3MultipartWritable({
      ...location,
      client: this.#client,
      contentType,
      request,
      ifNoneMatch,
      ...this.#sending,
      ...sizes,
    })
  }

  /**
   * Removes the object of a name; a missing object is not an error. In a bucket with versioning, older versions stay.
   *
   * @param signal - ends the removal with an `AbortError`
   * @throws {@link S3Error} if the removal fails for good: `AVIO_ERR_ACCESS_DENIED` … or `AVIO_ERR_UPLOAD_FAILED`
   */
  async delete(name: string, signal?: AbortSignal): Promise<void> {
    const location = this.#locationOf(name)
    const { maxAttempts, stallTimeout: timeout } = this.#sending
    const { RequestPayer, ExpectedBucketOwner } = this.#request
    const input = { RequestPayer, ExpectedBucketOwner, Bucket: location.bucket, Key: location.key }
    const fields = { ...location, operation: 'DeleteObject', attempts: 0 }
    const operation = (number: number) => {
      fields.attempts = number
      const command = new DeleteObjectCommand(input)
      return sendWithTimeout(this.#client, command, { timeout, signal, attempt: number })
    }
    try {
      await retry(operation, patience(maxAttempts, signal))
    } catch (error) {
      if (signal?.aborted === true) throw error
      // S3 itself answers 204 for a missing object; not every other store does.
      if (classifyError(error).code === 'AVIO_ERR_NO_SUCH_KEY') return
      throw s3Error(error, 'AVIO_ERR_UPLOAD_FAILED', fields, 'Could not delete')
    }
  }

  /**
   * Reads the object of a name; `undefined` if there is none.
   *
   * @throws {@link S3Error} if the read fails for good; `AVIO_ERR_OBJECT_TOO_LARGE` for more than `maxSize` bytes
   */
  async read(name: string, maxSize: number): Promise<Buffer | undefined> {
    const location = this.#locationOf(name)
    const { maxAttempts, stallTimeout, minThroughput } = this.#sending
    const object = new S3Source({
      ...location,
      client: this.#client,
      ...{ maxAttempts, stallTimeout, minThroughput },
      // What HEAD takes of it, GET takes too: the customer's key, the payer, the owner.
      request: inputOf(this.#request, 'HeadObject'),
    })
    try {
      const size = await object.size()
      if (size <= maxSize) return await readExactly(object, 0, size)
    } catch (error) {
      if (error instanceof S3Error && error.code === 'AVIO_ERR_NO_SUCH_KEY') return undefined
      throw error
    }
    const message = `${formatS3Uri(location)} exceeds the limit of ${maxSize} bytes.`
    throw new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', message, location)
  }

  /**
   * Rejects if an object exists under the name. Without the permission to look (HEAD), it resolves.
   *
   * @throws {@link S3Error} `AVIO_ERR_PRECONDITION_FAILED`; the errors of a HEAD request
   */
  async checkAbsent(name: string): Promise<void> {
    const location = this.#locationOf(name)
    const found = await headObject(this.#client, location).catch((error: unknown) => {
      if (error instanceof S3Error && error.code === 'AVIO_ERR_ACCESS_DENIED') return undefined
      throw error
    })
    if (found !== undefined) throw objectExists(location, found.etag)
  }

  #locationOf(name: string) {
    return locationOption({ bucket: this.#bucket, key: this.#prefix + storageName(name) }, 'S3Storage')
  }
}
