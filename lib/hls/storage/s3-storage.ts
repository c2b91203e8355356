import type { Writable } from 'node:stream'
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { readExactly } from '../../io/read-exactly.js'
import { retry } from '../../io/async/retry.js'
import { minThroughputOption } from '../../io/async/stall-timer.js'
import {
  GiB,
  KiB,
  MAX_TIMEOUT,
  MiB,
  integerOption,
  knownOptions,
  oneOfOption,
  optionError,
  optionsObject,
  stringOption,
} from '../../options.js'
import { sendWithTimeout } from '../../s3/request/send-with-timeout.js'
import { checkHeaderValue } from '../../s3/request/check-headers.js'
import { type S3ClientOption, clientOption } from '../../s3/request/s3-client.js'
import { classifyError, s3Error } from '../../s3/request/classify-error.js'
import { formatS3Uri, locationOption } from '../../s3/request/s3-location.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { S3Source } from '../../s3/s3-source.js'
import { patience } from '../../s3/upload/upload-errors.js'
import { type UploadRequest, uploadRequestOption } from '../../s3/upload/upload-request-option.js'
import type { UploadChecksum, UploadTarget } from '../../s3/upload/upload-commands.js'
import { type UploadClass, loadUpload } from './lib-storage.js'
import { type SegmentStorage, type StoredObjectInfo, storageName } from './segment-storage.js'
import { WholeBodyWritable } from './whole-body-writable.js'
import { uploadWhole } from './whole-upload.js'

/** Options of {@link S3Storage}. */
export interface S3StorageOptions extends S3ClientOption {
  /** The bucket's name, or the ARN of an access point. */
  bucket: string
  /**
   * What keys begin with, such as a folder: `talks/1/`. A `/` is put between it and a name where it does not end with
   * one.
   * @defaultValue none: names are keys
   */
  prefix?: string | undefined
  /**
   * The rest of the SDK's input, for each object alike: encryption, access, tags, locks … A `CacheControl` counts for
   * the objects that come without one of their own.
   */
  request?: UploadRequest | undefined
  /**
   * The largest object that is collected, in bytes: 4 KiB to 1 GiB. It bounds the memory for a segment or a playlist; a
   * larger one fails with `AVIO_ERR_OBJECT_TOO_LARGE`. Objects opened as `large` have no bound.
   * @defaultValue 64 MiB
   */
  maxBodySize?: number | undefined
  /**
   * How bytes are protected on their way, as with {@link S3MultipartWritable}.
   * @defaultValue `'crc32'`
   */
  checksum?: UploadChecksum | undefined
  /**
   * How often each request is tried: 1 to 100.
   * @defaultValue 5
   */
  maxAttempts?: number | undefined
  /**
   * The longest that nothing may move in a request before it is given up and tried again, in milliseconds: 1 to
   * 2³¹ − 1, or `Infinity`.
   * @defaultValue 60,000
   */
  stallTimeout?: number | undefined
  /**
   * The least rate at which the body of a request may go out, in bytes a second, measured over `stallTimeout`; 0 for
   * none.
   * @defaultValue 512
   */
  minThroughput?: number | undefined
}

const NAMES = [
  'client',
  'bucket',
  'prefix',
  'request',
  'maxBodySize',
  'checksum',
  'maxAttempts',
  'stallTimeout',
  'minThroughput',
]

/**
 * Stores segments and playlists as objects in S3, below a prefix, with their media types and cache headers.
 *
 * Small objects are collected and stored by a single PutObject, through the `Upload` of `@aws-sdk/lib-storage`: an
 * optional peer of this library, to be installed where this class is used. Those opened as `large` go through
 * {@link S3MultipartWritable} as they come.
 *
 * Guarantees
 * - Nothing is visible under a name, and an older object stays, before the stream's end; `'finish'` comes only after
 *   the object is stored. A stream that is destroyed before its end sends nothing.
 * - A request that makes an object visible is not cancelled: `destroy()` waits for it, so that an object may be
 *   there all the same when the stream closes. `delete()` takes it away.
 * - Every wait has an end, each request is tried `maxAttempts` times, and an answer that was lost is made up for by
 *   looking.
 *
 * Memory: for each open object its own size, up to three times that while it comes in several chunks; never more than
 * 3 × `maxBodySize`. `large` ones: that of an `S3MultipartWritable`.
 *
 * Errors: {@link S3Error} of the streams, as of `S3MultipartWritable`, and `AVIO_ERR_OBJECT_TOO_LARGE` for more than
 * `maxBodySize`; `AVIO_ERR_PACKAGE_MISSING` where `@aws-sdk/lib-storage` is not installed.
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
  readonly #maxBodySize: number
  readonly #sending: Pick<UploadTarget, 'checksum' | 'maxAttempts' | 'stallTimeout' | 'minThroughput'>
  #upload: Promise<UploadClass> | undefined

  /**
   * @throws {@link OptionError} `AVIO_ERR_OPTION` for an option that breaks its rule
   */
  constructor(options: S3StorageOptions) {
    const given = optionsObject(options, 'S3Storage')
    knownOptions(given, 'S3Storage', NAMES)
    const bucket = stringOption(given, 'bucket', { default: undefined })
    if (bucket === undefined) throw optionError('bucket', 'given', bucket)
    const prefix = options.prefix === '' ? '' : stringOption(given, 'prefix', { default: '' })
    const size = { min: 4 * KiB, max: GiB, default: 64 * MiB, unit: 'bytes' }
    const stall = { min: 1, max: MAX_TIMEOUT, default: 60_000, unit: 'milliseconds', infinity: true }
    this.#client = clientOption(given)
    this.#bucket = bucket
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
    this.#request = uploadRequestOption(given)
    this.#maxBodySize = integerOption(given, 'maxBodySize', size)
    this.#sending = {
      checksum: oneOfOption(given, 'checksum', { values: ['crc32', 'md5', 'none'], default: 'crc32' }),
      maxAttempts: integerOption(given, 'maxAttempts', { min: 1, max: 100, default: 5 }),
      stallTimeout: integerOption(given, 'stallTimeout', stall),
      minThroughput: minThroughputOption(given),
    }
  }

  /**
   * Opens a name for writing.
   *
   * @throws {@link OptionError} `AVIO_ERR_OPTION` for a name that leads out of the storage, or makes a key of more than
   * 1,024 bytes; for a `contentType` or `cacheControl` that no header can carry
   */
  open(name: string, { contentType, cacheControl, large = false }: StoredObjectInfo): Writable {
    const location = this.#locationOf(name)
    checkHeaderValue('contentType', contentType, 'Give a media type, such as video/mp4')
    checkHeaderValue('cacheControl', cacheControl ?? '', 'Give directives, such as max-age=60')
    const request =
      cacheControl === undefined ? this.#request : { ...this.#request, CacheControl: cacheControl }
    const sending = { client: this.#client, contentType, request, ...this.#sending }
    if (large) return new S3MultipartWritable({ ...location, ...sending })
    const maxBodySize = this.#maxBodySize
    return new WholeBodyWritable({
      maxBodySize,
      store: async (body, signal) => {
        this.#upload ??= loadUpload()
        const made = { location, metadata: undefined, ifNoneMatch: undefined, commitTimeout: Infinity }
        await uploadWhole(await this.#upload, { ...sending, ...made }, body, signal)
      },
      tooLarge: () =>
        new S3Error(
          'AVIO_ERR_OBJECT_TOO_LARGE',
          `${formatS3Uri(location)} has more than the ${maxBodySize} bytes that are collected at most, and nothing ` +
            'was stored. Raise "maxBodySize", or make shorter segments.',
          location,
        ),
    })
  }

  /**
   * Removes what is stored under a name; what is not there is no error. In a bucket that keeps versions, those stay.
   *
   * @throws {@link S3Error} where it could not be removed, for good: `AVIO_ERR_ACCESS_DENIED` … or
   * `AVIO_ERR_UPLOAD_FAILED`
   */
  async delete(name: string): Promise<void> {
    const location = this.#locationOf(name)
    const { maxAttempts, stallTimeout: timeout } = this.#sending
    const { RequestPayer, ExpectedBucketOwner } = this.#request
    const input = { RequestPayer, ExpectedBucketOwner, Bucket: location.bucket, Key: location.key }
    const fields = { ...location, operation: 'DeleteObject', attempts: 0 }
    const operation = (number: number) => {
      fields.attempts = number
      return sendWithTimeout(this.#client, new DeleteObjectCommand(input), { timeout })
    }
    try {
      await retry(operation, patience(maxAttempts))
    } catch (error) {
      // S3 itself answers 204 for what is not there; not every other store does.
      if (classifyError(error).code === 'AVIO_ERR_NO_SUCH_KEY') return
      throw s3Error(error, 'AVIO_ERR_UPLOAD_FAILED', fields, 'Could not delete')
    }
  }

  /**
   * Reads what is stored under a name; `undefined` where nothing is.
   *
   * @throws {@link S3Error} where it could not be read, for good; `AVIO_ERR_OBJECT_TOO_LARGE` for more than `maxSize`
   * bytes
   */
  async read(name: string, maxSize: number): Promise<Buffer | undefined> {
    const location = this.#locationOf(name)
    const { maxAttempts, stallTimeout } = this.#sending
    const object = new S3Source({ ...location, client: this.#client, maxAttempts, stallTimeout })
    try {
      const size = await object.size()
      if (size <= maxSize) return await readExactly(object, 0, size)
    } catch (error) {
      if (error instanceof S3Error && error.code === 'AVIO_ERR_NO_SUCH_KEY') return undefined
      throw error
    }
    const message = `${formatS3Uri(location)} has more than the ${maxSize} bytes that are read at most.`
    throw new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', message, location)
  }

  #locationOf(name: string) {
    return locationOption({ bucket: this.#bucket, key: this.#prefix + storageName(name) }, 'S3Storage')
  }
}
