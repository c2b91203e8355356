import { OptionError } from '../../errors.js'
import {
  GiB,
  KiB,
  MAX_TIMEOUT,
  MiB,
  booleanOption,
  functionOption,
  ifNoneMatchOption,
  integerOption,
  knownOptions,
  oneOfOption,
  optionsObject,
  signalOption,
  stringMapOption,
  stringOption,
} from '../../options.js'
import { type Checkpoint, type UploadCheckpointOption, checkpointOption, withSaved } from './checkpoint.js'
import { minThroughputOption } from '../../io/async/stall-timer.js'
import type { PayloadSigning } from '../request/request-body.js'
import { checkHeaderValue, checkMetadata } from '../request/check-headers.js'
import { MAX_PART_SIZE, MIN_PART_SIZE, type PartSizeSchedule } from './part-size-schedule.js'
import { type S3ClientOption, clientOption } from '../request/s3-client.js'
import { LOCATION_OPTIONS, type S3LocationOptions, locationOption } from '../request/s3-location.js'
import { type UploadRequest, uploadRequestOption } from './upload-request-option.js'
import type { UploadChecksum, UploadTarget } from './upload-commands.js'

/** The object about to be stored under the key, for `beforeCommit` to accept or refuse. */
export interface UploadSummary {
  /** The bucket. */
  bucket: string
  /** The object's key. */
  key: string
  /** The object's size, in bytes. */
  bytes: number
  /** The number of parts sent; 1 for a single PutObject. */
  parts: number
  /**
   * The ETag it will have, with its quotes; `undefined` if it can't be predicted (for a single PutObject, and if the
   * ETags of parts are not MD5s).
   */
  etag: string | undefined
  /** The CRC-32 of all bytes, in S3's notation; `undefined` with any `checksum` other than `'crc32'`. */
  checksum: { algorithm: 'CRC32'; value: string } | undefined
}

/** The stored object. */
export interface UploadResult {
  /** The bucket. */
  bucket: string
  /** The object's key. */
  key: string
  /** The object's ETag as S3 sent it, with its quotes. */
  etag: string
  /** The object's version, if the bucket keeps versions. */
  versionId: string | undefined
  /** The object's size, in bytes. */
  bytes: number
  /** The number of parts sent; 1 for a single PutObject. */
  parts: number
  /**
   * The CRC-32 of all bytes, in S3's notation, and whether the server confirmed it; `undefined` with any `checksum`
   * other than `'crc32'`.
   */
  checksum: { algorithm: 'CRC32'; value: string; confirmed: boolean } | undefined
}

/** Options of {@link S3MultipartWritable}. */
export type S3MultipartWritableOptions = S3LocationOptions & S3UploadSettings

/** The object's properties, and how to send it. */
export interface S3UploadSettings extends S3ClientOption {
  /**
   * Size of the first parts, in bytes: 5 MiB to 5 GiB (S3's own limits). Raise it if memory allows, for a distant store
   * or an object known to be large.
   * @defaultValue 8 MiB, growing after 2,000 parts so that 10,000 always suffice
   */
  partSize?: number | undefined
  /**
   * Number of parts sent concurrently: 1 to 1,000. One more is filled meanwhile. Raise it if a single connection does
   * not use the full bandwidth.
   * @defaultValue 4
   */
  concurrency?: number | undefined
  /**
   * Whether parts grow with the object. `false` keeps them equal, as Cloudflare R2 requires, and limits an object to
   * 10,000 × `partSize` (`AVIO_ERR_OBJECT_TOO_LARGE`).
   * @defaultValue `true`
   */
  partGrowth?: boolean | undefined
  /**
   * How much of part 1 to reserve for a header written last (`docs/s3-multipart-writable.md`), in bytes: 16 to
   * `partSize` − 1. Only for stores that require equal parts except for the last one, such as Cloudflare R2, and
   * together with `partGrowth: false`: the header is then padded to exactly this length. A longer header fails with
   * `AVIO_ERR_HEADER_TOO_LARGE`, and nothing is stored. An object of one part is stored without padding.
   * @defaultValue none: part 1 is longer than the others by the header
   */
  headerReserve?: number | undefined
  /**
   * How to protect bytes in transit. `'crc32'`: each part and the whole, verified by the server and compared with its
   * responses; `'md5'`: each part by `Content-MD5`, for servers that verify only that (such as Ceph before 20);
   * `'none'`: neither, and only the signature or TLS protects them.
   * @defaultValue `'crc32'`
   */
  checksum?: UploadChecksum | undefined
  /**
   * Whether the signature of UploadPart and PutObject covers the object's bytes, by their SHA-256.
   *
   * - `'auto'`: over http it does, over https it does not: TLS protects the bytes.
   * - `'signed'`: always, for stores and bucket policies that demand it (`s3:x-amz-content-sha256`).
   * - `'unsigned'`: never, over http either. That saves the SHA-256, most of an upload's CPU time. The checksum, and
   *   for parts the ETag if it is an MD5, then still find every byte that changed by accident; but whoever can alter
   *   traffic can alter bytes and checksum together. Only for networks that you trust. Not with `checksum: 'none'`.
   *
   * A header `x-amz-content-sha256` set by the client's own middleware takes precedence. The CLI's and boto3's
   * `payload_signing_enabled` is `true` for `'signed'`, and `false` for `'unsigned'`.
   * @defaultValue `'auto'`
   */
  payloadSigning?: PayloadSigning | undefined
  /**
   * The object's media type, such as `video/mp4`. If omitted, it is derived: from the types of the previous stage
   * (ffmpeg's muxer), the one that matches the key's extension (`.m4a`: `audio/mp4`), otherwise the first; without such
   * a stage, from the key's extension alone.
   * @defaultValue derived; none if neither applies, which S3 treats as `application/octet-stream`
   */
  contentType?: string | undefined
  /**
   * User metadata of the object: S3's `x-amz-meta-…`, 2,048 bytes of names and values in total. Headers carry printable
   * ASCII only: encode other text with `encodeURIComponent()` or RFC 2047.
   */
  metadata?: Record<string, string> | undefined
  /**
   * `'*'`: store the object only if the key has none yet, otherwise fail with `AVIO_ERR_PRECONDITION_FAILED`. The
   * server must support conditional writes (`docs/s3-multipart-writable.md`).
   */
  ifNoneMatch?: '*' | undefined
  /**
   * Called once all bytes are sent and before they become visible. It may take its time; it refuses by throwing, by
   * rejecting or with `false`: then nothing is stored and the stream fails with `AVIO_ERR_COMMIT_REFUSED`.
   */
  beforeCommit?: ((summary: UploadSummary) => unknown) | undefined
  /**
   * Makes the upload resumable, for one long copy or remux: `save` keeps its state, and a later stream for which the
   * same bytes come again, with `checkpoint: { ...saved, save }`, sends only the parts that are missing. Stored parts
   * are compared with the bytes; a difference fails with `AVIO_ERR_CHECKPOINT_MISMATCH`.
   *
   * With it, and only with it, a failure leaves the upload in the bucket, on purpose: resume it, or abort it
   * (`docs/resume.md`). An object of at most one part has no upload, and `save` isn't called. Content type, metadata
   * and the members of `request` that make the object hold as given when the upload was created.
   */
  checkpoint?: UploadCheckpointOption | undefined
  /**
   * The rest of the SDK's input: encryption, access, tags, locks … Each member goes to the operations that accept it.
   */
  request?: UploadRequest | undefined
  /**
   * Destroys the stream with an `AbortError`. Once the commit is in flight it is too late: `result` has the outcome.
   */
  signal?: AbortSignal | undefined
  /**
   * Number of attempts per request: 1 to 100.
   * @defaultValue 5
   */
  maxAttempts?: number | undefined
  /**
   * Longest time without any data sent or received before a request times out and is retried, in milliseconds: 1 to 2³¹
   * − 1, or `Infinity`. The silence is found up to a tenth later.
   * @defaultValue 60,000
   */
  stallTimeout?: number | undefined
  /**
   * Minimum throughput of a request body, in bytes per second, measured over `stallTimeout`; 0 for none. A slower
   * request is cancelled and retried like a stalled one. Time that the server takes to process received bytes does not
   * count.
   * @defaultValue 512
   */
  minThroughput?: number | undefined
  /**
   * Timeout of CompleteMultipartUpload, in milliseconds: 1 to 2³¹ − 1, or `Infinity`. S3 may need minutes for an object
   * of many parts. After the timeout the stream finds out the outcome by other means.
   * @defaultValue 300,000
   */
  commitTimeout?: number | undefined
  /**
   * Number of bytes that may wait in the stream while no part has room: 0 to 1 GiB. They are the writer's own memory.
   * @defaultValue 64 KiB
   */
  highWaterMark?: number | undefined
}

/** The options in internal form. */
export interface UploadSettings {
  readonly target: UploadTarget
  readonly sizes: PartSizeSchedule
  readonly headerReserve: number | undefined
  readonly checkpoint: Checkpoint | undefined
  readonly beforeCommit: ((summary: UploadSummary) => unknown) | undefined
  readonly signal: AbortSignal | undefined
  readonly highWaterMark: number
}

/** The minimum header reserve, in bytes: two empty MP4 boxes. */
const MIN_HEAD_RESERVE = 16

const NAMES = [
  'client',
  ...LOCATION_OPTIONS,
  'partSize',
  'concurrency',
  'partGrowth',
  'headerReserve',
  'checksum',
  'payloadSigning',
  'contentType',
  'metadata',
  'ifNoneMatch',
  'beforeCommit',
  'checkpoint',
  'request',
  'signal',
  'maxAttempts',
  'stallTimeout',
  'minThroughput',
  'commitTimeout',
  'highWaterMark',
]

const TIMEOUT = { min: 1, max: MAX_TIMEOUT, unit: 'milliseconds', infinity: true }

/** The options of all requests that store bytes. */
export function sendingOptions(
  options: object,
): Pick<UploadTarget, 'checksum' | 'payloadSigning' | 'maxAttempts' | 'stallTimeout' | 'minThroughput'> {
  const checksum = oneOfOption<UploadChecksum>(options, 'checksum', {
    values: ['crc32', 'md5', 'none'],
    default: 'crc32',
  })
  return {
    checksum,
    payloadSigning: payloadSigningOption(options, checksum),
    maxAttempts: maxAttemptsOption(options),
    stallTimeout: integerOption(options, 'stallTimeout', { ...TIMEOUT, default: 60_000 }),
    minThroughput: minThroughputOption(options),
  }
}

function payloadSigningOption(options: object, checksum: UploadChecksum): PayloadSigning {
  const values = ['auto', 'signed', 'unsigned'] as const
  const signing = oneOfOption<PayloadSigning>(options, 'payloadSigning', { values, default: 'auto' })
  if (signing !== 'unsigned' || checksum !== 'none') return signing
  throw new OptionError(
    'payloadSigning',
    'Option "payloadSigning" cannot be "unsigned" with checksum "none": over http nothing would protect the bytes. ' +
      'Leave it out (over https nothing is signed then either), or choose checksum "crc32" or "md5".',
    signing,
  )
}

/** The attempts of a request that is not a read. */
export function maxAttemptsOption(options: object): number {
  return integerOption(options, 'maxAttempts', { min: 1, max: 100, default: 5 })
}

/** Reads and checks the options. */
export function uploadSettings(given: S3MultipartWritableOptions): UploadSettings {
  knownOptions(optionsObject(given, 'S3MultipartWritable', 'uri'), 'S3MultipartWritable', NAMES)
  const location = locationOption(given, 'S3MultipartWritable')
  const checkpoint = checkpointOption(given, location)
  const options = withSaved(given, checkpoint)
  const target: UploadTarget = {
    location,
    contentType: stringOption(options, 'contentType', { default: undefined }),
    metadata: stringMapOption(options, 'metadata'),
    ifNoneMatch: ifNoneMatchOption(options),
    request: uploadRequestOption(options),
    ...sendingOptions(options),
    commitTimeout: integerOption(options, 'commitTimeout', { ...TIMEOUT, default: 300_000 }),
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
    checkpoint,
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
