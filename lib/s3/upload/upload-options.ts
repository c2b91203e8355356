import {
  GiB,
  KiB,
  MAX_TIMEOUT,
  MiB,
  booleanOption,
  functionOption,
  integerOption,
  knownOptions,
  oneOfOption,
  optionError,
  optionsObject,
  signalOption,
  stringMapOption,
  stringOption,
} from '../../options.js'
import { minThroughputOption } from '../../io/async/stall-timer.js'
import { checkHeaderValue, checkMetadata } from '../request/check-headers.js'
import { MAX_PART_SIZE, MIN_PART_SIZE, type PartSizeSchedule } from './part-size-schedule.js'
import { type S3ClientOption, clientOption } from '../request/s3-client.js'
import { LOCATION_OPTIONS, type S3LocationOptions, locationOption } from '../request/s3-location.js'
import { type UploadRequest, uploadRequestOption } from './upload-request-option.js'
import type { UploadChecksum, UploadTarget } from './upload-commands.js'

/** What is about to be stored under the key: the last word is `beforeCommit`'s. */
export interface UploadSummary {
  /** The bucket. */
  bucket: string
  /** The object's key. */
  key: string
  /** The object's size, in bytes. */
  bytes: number
  /** In how many parts it was sent; 1 for a single PutObject. */
  parts: number
  /**
   * The ETag it will have, with its quotes; `undefined` where that can't be told beforehand (of a single PutObject,
   * and where the ETags of parts are not MD5s).
   */
  etag: string | undefined
  /** The CRC-32 of all bytes, in S3's notation; `undefined` with another `checksum` than `'crc32'`. */
  checksum: { algorithm: 'CRC32'; value: string } | undefined
}

/** What has been stored. */
export interface UploadResult {
  /** The bucket. */
  bucket: string
  /** The object's key. */
  key: string
  /** The object's ETag as S3 gave it, with its quotes. */
  etag: string
  /** The object's version, where the bucket keeps versions. */
  versionId: string | undefined
  /** The object's size, in bytes. */
  bytes: number
  /** In how many parts it was sent; 1 for a single PutObject. */
  parts: number
  /**
   * The CRC-32 of all bytes, in S3's notation, and whether the server has said that it has the same; `undefined` with
   * another `checksum` than `'crc32'`.
   */
  checksum: { algorithm: 'CRC32'; value: string; confirmed: boolean } | undefined
}

/** Options of {@link S3MultipartWritable}. */
export type S3MultipartWritableOptions = S3LocationOptions & S3UploadSettings

/** What is stored with an object, and how it is sent. */
export interface S3UploadSettings extends S3ClientOption {
  /**
   * Size of the first parts, in bytes: 5 MiB to 5 GiB (S3's own limits).
   * Raise it, with memory at hand, for a store that is far away or an object known to be large.
   * @defaultValue 8 MiB, growing after 2,000 parts so that 10,000 always suffice
   */
  partSize?: number | undefined
  /**
   * How many parts are sent at once: 1 to 1,000. One more is being filled meanwhile.
   * Raise it where a single connection does not fill the line.
   * @defaultValue 4
   */
  concurrency?: number | undefined
  /**
   * Whether parts grow with the object. `false` keeps them equal, as Cloudflare R2 demands, and ends an object at
   * 10,000 × `partSize` with `AVIO_ERR_OBJECT_TOO_LARGE`.
   * @defaultValue `true`
   */
  partGrowth?: boolean | undefined
  /**
   * How much of part 1 is kept for a head that comes last (`docs/s3-multipart-writable.md`), in bytes: 16 to
   * `partSize` − 1. Only for stores that want all parts but the last one equal, such as Cloudflare R2, and together
   * with `partGrowth: false`: the head is then filled up with padding to exactly this length. One that is longer is
   * `AVIO_ERR_HEADER_TOO_LARGE`, and nothing is stored. An object of one part is stored without padding.
   * @defaultValue none: part 1 is longer than the others by the head
   */
  headerReserve?: number | undefined
  /**
   * How bytes are protected on their way. `'crc32'`: each part and the whole, checked by the server and compared with
   * its answers; `'md5'`: each part by `Content-MD5`, for servers that check only that (Ceph before 20 among them);
   * `'none'`: neither, and the signature or TLS alone protects them.
   * @defaultValue `'crc32'`
   */
  checksum?: UploadChecksum | undefined
  /**
   * The object's media type, such as `video/mp4`. Derived where it is not given: of what the stage that is piped in
   * writes (ffmpeg's muxer), the type that the key's ending names (`.m4a`: `audio/mp4`), else the first; where the stage
   * does not tell, by the key's ending alone.
   * @defaultValue derived; none where nothing tells, which S3 takes for `application/octet-stream`
   */
  contentType?: string | undefined
  /**
   * User metadata of the object: S3's `x-amz-meta-…`, 2,048 bytes of names and values in all. Headers carry printable
   * ASCII only: encode other text by `encodeURIComponent()` or RFC 2047.
   */
  metadata?: Record<string, string> | undefined
  /**
   * `'*'`: store the object only if there is none under the key yet, else fail with `AVIO_ERR_PRECONDITION_FAILED`.
   * The server has to know conditional writes (`docs/s3-multipart-writable.md`).
   */
  ifNoneMatch?: '*' | undefined
  /**
   * Called when all bytes are sent and before they become visible. It may take its time, and says no by throwing, by
   * rejecting or by `false`: then nothing is stored and the stream fails with `AVIO_ERR_COMMIT_REFUSED`.
   */
  beforeCommit?: ((summary: UploadSummary) => unknown) | undefined
  /** The rest of the SDK's input: encryption, access, tags, locks … Each member goes where it belongs. */
  request?: UploadRequest | undefined
  /**
   * Destroys the stream with an `AbortError`. Once the object is being committed it is too late: `result` tells what
   * became of it.
   */
  signal?: AbortSignal | undefined
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
   * none. A request that is slower is given up and tried again like one that stalled. The time in which the server
   * works on what it has does not count.
   * @defaultValue 512
   */
  minThroughput?: number | undefined
  /**
   * The longest that CompleteMultipartUpload may take to answer, in milliseconds: 1 to 2³¹ − 1, or `Infinity`. S3 may
   * need minutes for an object of many parts. When it is over, what became of the object is found out by other means.
   * @defaultValue 300,000
   */
  commitTimeout?: number | undefined
  /**
   * Bytes that may wait in the stream while no part has room: 0 to 1 GiB. They are the writer's own memory.
   * @defaultValue 64 KiB
   */
  highWaterMark?: number | undefined
}

/** The options as the stream uses them. */
export interface UploadSettings {
  readonly target: UploadTarget
  readonly sizes: PartSizeSchedule
  readonly headerReserve: number | undefined
  readonly beforeCommit: ((summary: UploadSummary) => unknown) | undefined
  readonly signal: AbortSignal | undefined
  readonly highWaterMark: number
}

/** The least that may be kept for a head, in bytes: two empty boxes of an MP4. */
const MIN_HEAD_RESERVE = 16

const NAMES = [
  'client',
  ...LOCATION_OPTIONS,
  'partSize',
  'concurrency',
  'partGrowth',
  'headerReserve',
  'checksum',
  'contentType',
  'metadata',
  'ifNoneMatch',
  'beforeCommit',
  'request',
  'signal',
  'maxAttempts',
  'stallTimeout',
  'minThroughput',
  'commitTimeout',
  'highWaterMark',
]

/** Reads and checks the options. */
export function uploadSettings(given: S3MultipartWritableOptions): UploadSettings {
  const options = optionsObject(given, 'S3MultipartWritable')
  knownOptions(options, 'S3MultipartWritable', NAMES)
  const timeout = { min: 1, max: MAX_TIMEOUT, unit: 'milliseconds', infinity: true }
  const target: UploadTarget = {
    location: locationOption(options, 'S3MultipartWritable'),
    contentType: stringOption(options, 'contentType', { default: undefined }),
    metadata: stringMapOption(options, 'metadata'),
    checksum: oneOfOption(options, 'checksum', { values: ['crc32', 'md5', 'none'], default: 'crc32' }),
    ifNoneMatch: ifNoneMatchOption(options),
    request: uploadRequestOption(options),
    maxAttempts: integerOption(options, 'maxAttempts', { min: 1, max: 100, default: 5 }),
    stallTimeout: integerOption(options, 'stallTimeout', { ...timeout, default: 60_000 }),
    minThroughput: minThroughputOption(options),
    commitTimeout: integerOption(options, 'commitTimeout', { ...timeout, default: 300_000 }),
    client: clientOption(options),
  }
  checkMetadata(target.metadata)
  checkHeaderValue('contentType', target.contentType ?? '', 'Give a media type, such as video/mp4')
  const partSize = integerOption(options, 'partSize', {
    min: MIN_PART_SIZE,
    max: MAX_PART_SIZE,
    default: 8 * MiB,
    unit: 'bytes',
  })
  const reserve = { min: MIN_HEAD_RESERVE, max: partSize - 1, default: undefined, unit: 'bytes' }
  return {
    target,
    sizes: {
      partSize,
      concurrency: integerOption(options, 'concurrency', { min: 1, max: 1000, default: 4 }),
      partGrowth: booleanOption(options, 'partGrowth', { default: true }),
    },
    headerReserve: integerOption(options, 'headerReserve', reserve),
    beforeCommit: functionOption(options, 'beforeCommit'),
    signal: signalOption(options),
    highWaterMark: integerOption(options, 'highWaterMark', {
      min: 0,
      max: GiB,
      default: 64 * KiB,
      unit: 'bytes',
    }),
  }
}

function ifNoneMatchOption(options: object): '*' | undefined {
  const given: unknown = (options as S3MultipartWritableOptions).ifNoneMatch
  // An ETag here would ask S3 for something that it does not do on writes.
  if (given === undefined || given === '*') return given
  throw optionError('ifNoneMatch', '"*"', given)
}
