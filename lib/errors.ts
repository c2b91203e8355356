/**
 * One family of errors for the whole library.
 *
 * Match on `code`, never on the message: codes are part of the public API, messages may improve.
 * The arrays below are the complete list; `docs/errors.md` explains each code, and a test compares the two.
 * An abort through the user's own `AbortSignal` is not in the family: it stays Node's `AbortError`.
 */

/** General errors: bad options and broken links between stages. */
export const GENERAL_ERROR_CODES = [
  /** An option breaks a rule; thrown synchronously by the constructor. */
  'AVIO_ERR_OPTION',
  /** The stream piped into a stage closed before its end, without an error. */
  'AVIO_ERR_UPSTREAM_CLOSED',
  /** The last consumer of a stream closed before the stream's end. */
  'AVIO_ERR_OUTPUT_CLOSED',
  /** A stream that has already ended is used again, as the source or the target of a pipe. */
  'AVIO_ERR_STAGE_USED',
  /** A stream whose header is written last is read by a destination that can't write its first bytes last. */
  'AVIO_ERR_HEADER_UNCLAIMED',
  /** The header does not fit into the space reserved for it. */
  'AVIO_ERR_HEADER_TOO_LARGE',
  /** The stream is not in the format whose header is being built. */
  'AVIO_ERR_HEADER_INVALID',
  /** Some of a group of outputs were committed before another one failed in its last step. */
  'AVIO_ERR_COMMIT_PARTIAL',
  /** This process, or the system, has no file descriptors left. */
  'AVIO_ERR_DESCRIPTORS',
  /** ffmpeg can't reach the loopback server that serves its input. */
  'AVIO_ERR_INPUT_UNREACHABLE',
] as const

/** Errors of reading from or writing to S3. */
export const S3_ERROR_CODES = [
  'AVIO_ERR_NO_SUCH_KEY',
  'AVIO_ERR_NO_SUCH_BUCKET',
  'AVIO_ERR_ACCESS_DENIED',
  'AVIO_ERR_CREDENTIALS',
  'AVIO_ERR_WRONG_REGION',
  'AVIO_ERR_UNREACHABLE',
  'AVIO_ERR_OBJECT_ARCHIVED',
  'AVIO_ERR_OBJECT_CHANGED',
  'AVIO_ERR_RANGE_NOT_SATISFIABLE',
  'AVIO_ERR_BAD_RESPONSE',
  'AVIO_ERR_READ_FAILED',
  'AVIO_ERR_UPLOAD_FAILED',
  'AVIO_ERR_CHECKSUM_MISMATCH',
  'AVIO_ERR_PRECONDITION_FAILED',
  'AVIO_ERR_COMMIT_REFUSED',
  'AVIO_ERR_OUTCOME_UNKNOWN',
  'AVIO_ERR_OBJECT_TOO_LARGE',
  'AVIO_ERR_CHECKPOINT_MISMATCH',
  'AVIO_ERR_CHECKPOINT_SAVE',
] as const

/** Errors of reading any other source: a file, a URL, bytes in memory. */
export const SOURCE_ERROR_CODES = [
  'AVIO_ERR_SOURCE_NOT_FOUND',
  'AVIO_ERR_SOURCE_DENIED',
  'AVIO_ERR_SOURCE_REFUSED',
  'AVIO_ERR_SOURCE_CHANGED',
  'AVIO_ERR_SOURCE_RANGE',
  'AVIO_ERR_SOURCE_NO_RANGES',
  'AVIO_ERR_SOURCE_READ',
] as const

/** Errors of writing a file. */
export const FILE_ERROR_CODES = ['AVIO_ERR_FILE_WRITE', 'AVIO_ERR_FILE_EXISTS'] as const

/** Errors of running ffmpeg. */
export const FFMPEG_ERROR_CODES = [
  'AVIO_ERR_FFMPEG_NOT_FOUND',
  'AVIO_ERR_FFMPEG_TOO_OLD',
  'AVIO_ERR_FFMPEG_SPAWN',
  'AVIO_ERR_FFMPEG_EXIT',
  'AVIO_ERR_FFMPEG_SIGNAL',
  'AVIO_ERR_FFMPEG_NO_OUTPUT',
  'AVIO_ERR_ARGUMENT_REFUSED',
  'AVIO_ERR_MUXER_NOT_STREAMABLE',
  'AVIO_ERR_INPUT_NEEDS_SEEK',
  'AVIO_ERR_INPUT_PARTIAL',
  'AVIO_ERR_INPUT_INVALID',
  'AVIO_ERR_MOOV_NOT_FOUND',
  'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
  'AVIO_ERR_FFMPEG_ARGUMENT',
  'AVIO_ERR_UNKNOWN_ENCODER',
  'AVIO_ERR_UNKNOWN_DECODER',
  'AVIO_ERR_UNKNOWN_FILTER',
  'AVIO_ERR_UNKNOWN_FORMAT',
  'AVIO_ERR_NO_SUCH_STREAM',
  'AVIO_ERR_STREAM_MISSING',
  'AVIO_ERR_CODEC_NOT_IN_CONTAINER',
  'AVIO_ERR_PROTOCOL_REFUSED',
  'AVIO_ERR_FORMAT_REFUSED',
  'AVIO_ERR_DISCARD_LIMIT',
  'AVIO_ERR_PROBE_TIMEOUT',
  'AVIO_ERR_LIMIT_DURATION',
  'AVIO_ERR_LIMIT_PIXELS',
  'AVIO_ERR_LIMIT_INPUT_BYTES',
  'AVIO_ERR_LIMIT_OUTPUT_BYTES',
  'AVIO_ERR_LIMIT_TIMEOUT',
  'AVIO_ERR_LIMIT_IDLE',
  'AVIO_ERR_LIMIT_MEMORY',
  'AVIO_ERR_LIMIT_CPU',
] as const

/** Errors in the bytes of an ISO BMFF (MP4) stream. */
export const MP4_ERROR_CODES = [
  'AVIO_ERR_MP4_EMPTY',
  'AVIO_ERR_MP4_NOT_MP4',
  'AVIO_ERR_MP4_BOX_TYPE',
  'AVIO_ERR_MP4_BOX_SIZE',
  'AVIO_ERR_MP4_SIZE_ZERO',
  'AVIO_ERR_MP4_BOX_TOO_LARGE',
  'AVIO_ERR_MP4_BOX_TRUNCATED',
  'AVIO_ERR_MP4_BOX_INVALID',
  'AVIO_ERR_MP4_BOX_MISSING',
  'AVIO_ERR_MP4_BOX_MISPLACED',
  'AVIO_ERR_MP4_LIMIT',
  'AVIO_ERR_MP4_FTYP_MISSING',
  'AVIO_ERR_MP4_MOOV_MISSING',
  'AVIO_ERR_MP4_NOT_FRAGMENTED',
  'AVIO_ERR_MP4_TREX_MISSING',
  'AVIO_ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT',
  'AVIO_ERR_MP4_NO_FRAGMENT',
  'AVIO_ERR_MP4_MDAT_MISSING',
  'AVIO_ERR_MP4_SEQUENCE',
  'AVIO_ERR_MP4_FRAGMENT_LOST',
  'AVIO_ERR_MP4_TRACK_UNKNOWN',
  'AVIO_ERR_MP4_DATA_OFFSET',
  'AVIO_ERR_MP4_SAMPLE_SIZE',
  'AVIO_ERR_MP4_TFDT_MISSING',
  'AVIO_ERR_MP4_TFDT_OVERLAP',
  'AVIO_ERR_MP4_FIRST_SAMPLE_NOT_SYNC',
  'AVIO_ERR_MP4_TRAILING_DATA',
  'AVIO_ERR_MP4_TRACK_UNSUPPORTED',
] as const

/** Errors in the bytes of a Matroska or WebM file. */
export const MATROSKA_ERROR_CODES = ['AVIO_ERR_MATROSKA_INVALID', 'AVIO_ERR_MATROSKA_LIMIT'] as const

/** Errors of packaging for HLS and DASH. */
export const HLS_ERROR_CODES = [
  'AVIO_ERR_HLS_TRACKS',
  'AVIO_ERR_HLS_SEGMENT_TOO_LARGE',
  'AVIO_ERR_HLS_SEGMENT_TOO_LONG',
  'AVIO_ERR_HLS_NOT_ALIGNED',
  'AVIO_ERR_HLS_STORE_FAILED',
  'AVIO_ERR_LIMIT_OBJECTS',
] as const

/** Errors of jobs as data. */
export const JOB_ERROR_CODES = ['AVIO_ERR_JOB_INVALID', 'AVIO_ERR_JOB_REFUSED'] as const

/** Errors of one object in pieces. */
export const PLAN_ERROR_CODES = [
  'AVIO_ERR_PLAN_UNSPLIT',
  'AVIO_ERR_PLAN_INVALID',
  'AVIO_ERR_PLAN_OTHER_FFMPEG',
  'AVIO_ERR_PLAN_MIXED',
  'AVIO_ERR_PLAN_GAP',
  'AVIO_ERR_PLAN_TARGET_CHANGED',
] as const

/** An S3 error code. */
export type S3ErrorCode = (typeof S3_ERROR_CODES)[number]
/** An error code of a source outside S3. */
export type SourceErrorCode = (typeof SOURCE_ERROR_CODES)[number]
/** An error code of writing a file. */
export type FileErrorCode = (typeof FILE_ERROR_CODES)[number]
/** An ffmpeg error code. */
export type FfmpegErrorCode = (typeof FFMPEG_ERROR_CODES)[number]
/** An error code of an MP4 stream. */
export type Mp4ErrorCode = (typeof MP4_ERROR_CODES)[number]
/** An error code of a Matroska file. */
export type MatroskaErrorCode = (typeof MATROSKA_ERROR_CODES)[number]
/** A packaging error code. */
export type HlsErrorCode = (typeof HLS_ERROR_CODES)[number]
/** An error code of a job. */
export type JobErrorCode = (typeof JOB_ERROR_CODES)[number]
/** An error code of one object in pieces. */
export type PlanErrorCode = (typeof PLAN_ERROR_CODES)[number]
/** Every error code of this library. */
export type AvioErrorCode =
  | (typeof GENERAL_ERROR_CODES)[number]
  | S3ErrorCode
  | SourceErrorCode
  | FileErrorCode
  | FfmpegErrorCode
  | Mp4ErrorCode
  | MatroskaErrorCode
  | HlsErrorCode
  | JobErrorCode
  | PlanErrorCode

/** All codes at run time, in the order of `docs/errors.md`. */
export const AVIO_ERROR_CODES: readonly AvioErrorCode[] = [
  ...GENERAL_ERROR_CODES,
  ...S3_ERROR_CODES,
  ...SOURCE_ERROR_CODES,
  ...FILE_ERROR_CODES,
  ...FFMPEG_ERROR_CODES,
  ...MP4_ERROR_CODES,
  ...MATROSKA_ERROR_CODES,
  ...HLS_ERROR_CODES,
  ...JOB_ERROR_CODES,
  ...PLAN_ERROR_CODES,
]

/**
 * The codes of errors that a retry may resolve: `retryable` is `true` for these, unless the error itself says
 * otherwise, and `false` for all others. `docs/errors.md` has them as a column, and a test compares the two.
 */
const RETRYABLE: ReadonlySet<AvioErrorCode> = new Set<AvioErrorCode>([
  // A neighbour closed, or this machine ran short of something: the job itself may be fine.
  'AVIO_ERR_UPSTREAM_CLOSED',
  'AVIO_ERR_OUTPUT_CLOSED',
  'AVIO_ERR_DESCRIPTORS',
  'AVIO_ERR_INPUT_UNREACHABLE',
  // A temporary failure of a network or a service.
  'AVIO_ERR_UNREACHABLE',
  'AVIO_ERR_BAD_RESPONSE',
  'AVIO_ERR_READ_FAILED',
  'AVIO_ERR_UPLOAD_FAILED',
  'AVIO_ERR_CHECKSUM_MISMATCH',
  'AVIO_ERR_OUTCOME_UNKNOWN',
  'AVIO_ERR_CHECKPOINT_SAVE',
  'AVIO_ERR_SOURCE_READ',
  'AVIO_ERR_FILE_WRITE',
  'AVIO_ERR_HLS_STORE_FAILED',
  'AVIO_ERR_COMMIT_PARTIAL',
  // The next read sees the new version from its first byte on.
  'AVIO_ERR_OBJECT_CHANGED',
  'AVIO_ERR_SOURCE_CHANGED',
  // Another machine may have ffmpeg, more memory, or more time.
  'AVIO_ERR_FFMPEG_NOT_FOUND',
  'AVIO_ERR_FFMPEG_TOO_OLD',
  'AVIO_ERR_FFMPEG_SPAWN',
  'AVIO_ERR_FFMPEG_SIGNAL',
  'AVIO_ERR_PLAN_OTHER_FFMPEG',
  'AVIO_ERR_PROBE_TIMEOUT',
  'AVIO_ERR_LIMIT_TIMEOUT',
  'AVIO_ERR_LIMIT_IDLE',
])

/** Codes that only say where something failed: `retryable` is that of the cause, if it has one. */
const AS_THE_CAUSE: ReadonlySet<AvioErrorCode> = new Set<AvioErrorCode>([
  'AVIO_ERR_COMMIT_REFUSED',
  'AVIO_ERR_COMMIT_PARTIAL',
  'AVIO_ERR_CHECKPOINT_SAVE',
  'AVIO_ERR_HLS_STORE_FAILED',
])

/** Options of an {@link AvioError}, besides its message. */
export interface AvioErrorOptions extends ErrorOptions {
  /** Overrides the code's default. @defaultValue the code's own */
  retryable?: boolean | undefined
}

/** An error as JSON, for the record of a failed job. Without its stack. */
export interface AvioErrorJson {
  /** The error's class. */
  readonly name: string
  /** {@link AvioError.code}; for a foreign cause its own code, if it has one. */
  readonly code?: string | number
  /** The full message. */
  readonly message: string
  /** {@link AvioError.retryable}; absent for foreign causes. */
  readonly retryable?: boolean
  /** The original error, in the same form, up to eight levels deep. */
  readonly cause?: AvioErrorJson
  /** The known fields of the error's class. */
  readonly [field: string]: unknown
}

/**
 * The base of every error this library throws.
 * `message` says what happened, to what, and what to do; `cause` is the original error, if there is one.
 */
export class AvioError extends Error {
  /** What went wrong, from one closed list. */
  readonly code: AvioErrorCode
  /**
   * Whether the same job could succeed if it were tried again, here or on another machine: where it is `false`, a queue
   * should give up at once. The table in `docs/errors.md` lists it for each code. Where the code alone does not decide,
   * the error does: an `AVIO_ERR_READ_FAILED` after a 503 is retryable, one after a 400 is not.
   */
  readonly retryable: boolean

  constructor(code: AvioErrorCode, message: string, options?: AvioErrorOptions) {
    super(oneStop(message), options)
    this.code = code
    this.name = new.target.name
    this.retryable = options?.retryable ?? toldByCause(code, options?.cause) ?? RETRYABLE.has(code)
  }

  /**
   * For `JSON.stringify`: name, code, message, `retryable`, the fields that are known, and the chain of causes.
   * Queries, users and passwords of addresses are left out wherever they stand, since they may be signatures and
   * secrets.
   */
  toJSON(): AvioErrorJson {
    return jsonOf(this)
  }
}

/** What the cause says, where the code leaves it to the cause. */
function toldByCause(code: AvioErrorCode, cause: unknown): boolean | undefined {
  const told = (cause as { retryable?: unknown } | null | undefined)?.retryable
  return AS_THE_CAUSE.has(code) && typeof told === 'boolean' ? told : undefined
}

const MAX_CAUSES = 8

function jsonOf(error: Error, depth = 0): AvioErrorJson {
  const { name, message, cause, code } = error as NodeJS.ErrnoException
  const isOurs = error instanceof AvioError
  const fields = isOurs ? Object.entries(error) : []
  const known = { name, code, message, retryable: isOurs ? error.retryable : undefined }
  return {
    ...(plain({ ...known, ...Object.fromEntries(fields) }) as { name: string; message: string }),
    ...(isError(cause) && depth < MAX_CAUSES && { cause: jsonOf(cause, depth + 1) }),
  }
}

/** Whether it is an error, of whatever realm: each has a class of its own. */
export function isError(value: unknown): value is Error {
  return typeof (value as Error | null | undefined)?.message === 'string'
}

/**
 * Values that JSON can hold, without what is secret. What is no plain value (an option of any kind) is left to the
 * message.
 */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return discreet(value)
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}

/** A text without the queries, fragments, users and passwords of its URLs. Keys in S3 may have any character. */
export function discreet(text: string): string {
  return text
    .replace(/\b(?!s3:)([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi, '$1')
    .replace(/\b(?!s3:)([a-z][a-z0-9+.-]*:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1')
}

/**
 * Messages join sentences from elsewhere (the system, a store, the user's storage) that may already end with a full
 * stop: a double full stop after a word becomes one. Ellipses, and paths such as `/films/..`, stay as they are.
 */
function oneStop(message: string): string {
  return message.replace(/([\p{L}\p{N}"'\])!?])\.\.(?=\s|$)/gu, '$1.').replace(/([!?])\.(?=\s|$)/g, '$1')
}

/** An option that breaks its rule. Thrown synchronously, before anything starts. */
export class OptionError extends AvioError {
  declare readonly code: 'AVIO_ERR_OPTION'
  /** The option's name, with dots for nested options: `output.format`. */
  readonly option: string
  /** What was given. */
  readonly value: unknown

  constructor(option: string, message: string, value: unknown, options?: AvioErrorOptions) {
    super('AVIO_ERR_OPTION', message, options)
    this.option = option
    this.value = value
  }
}

/** Fields of a {@link CommitError}. */
export interface CommitErrorFields {
  /** The outputs that are visible: `s3://bucket/key`, a path. */
  committed: readonly string[]
  /** The outputs that are not. */
  failed: readonly string[]
}

/** Some of a group of outputs were committed before another one failed in its last step. */
export class CommitError extends AvioError {
  declare readonly code: 'AVIO_ERR_COMMIT_PARTIAL'
  declare readonly committed: readonly string[]
  declare readonly failed: readonly string[]

  constructor(message: string, fields: CommitErrorFields, options?: AvioErrorOptions) {
    super('AVIO_ERR_COMMIT_PARTIAL', message, options)
    assignKnown(this, fields)
  }
}

/** Where an {@link S3Error} happened. Only known fields are set. */
export interface S3ErrorFields {
  /** The bucket of the request. */
  bucket?: string | undefined
  /** The object's key. */
  key?: string | undefined
  /** The version requested or found. */
  versionId?: string | undefined
  /** S3's operation: `GetObject`, `UploadPart` … */
  operation?: string | undefined
  /** The multipart upload's id. */
  uploadId?: string | undefined
  /** The part number, from 1. */
  partNumber?: number | undefined
  /** The first byte of the object that was not delivered (reading) or not stored (writing). */
  byteOffset?: number | undefined
  /** Number of attempts of the failing request. */
  attempts?: number | undefined
  /** The HTTP status of the last response. */
  statusCode?: number | undefined
  /** The service's own error code: `SlowDown`, `NoSuchKey` … */
  s3Code?: string | undefined
  /** `x-amz-request-id`; AWS support asks for it. */
  requestId?: string | undefined
}

/** An error reading from or writing to S3. */
export class S3Error extends AvioError {
  declare readonly code: S3ErrorCode
  declare readonly bucket?: string
  declare readonly key?: string
  declare readonly versionId?: string
  declare readonly operation?: string
  declare readonly uploadId?: string
  declare readonly partNumber?: number
  declare readonly byteOffset?: number
  declare readonly attempts?: number
  declare readonly statusCode?: number
  declare readonly s3Code?: string
  declare readonly requestId?: string

  constructor(code: S3ErrorCode, message: string, fields: S3ErrorFields = {}, options?: AvioErrorOptions) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of a {@link SourceError}. Only known fields are set. */
export interface SourceErrorFields {
  /** The source: a path, or a URL without its query, which may hold a signature. */
  source?: string | undefined
  /** The first byte that was not delivered. */
  byteOffset?: number | undefined
  /** Number of attempts of the failing read. */
  attempts?: number | undefined
  /** The HTTP status of the last response. */
  statusCode?: number | undefined
}

/** An error reading a source outside S3. */
export class SourceError extends AvioError {
  declare readonly code: SourceErrorCode
  declare readonly source?: string
  declare readonly byteOffset?: number
  declare readonly attempts?: number
  declare readonly statusCode?: number

  constructor(
    code: SourceErrorCode,
    message: string,
    fields: SourceErrorFields = {},
    options?: AvioErrorOptions,
  ) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of a {@link FileError}. Only known fields are set. */
export interface FileErrorFields {
  /** The file being written. */
  path?: string | undefined
}

/** An error writing a file. */
export class FileError extends AvioError {
  declare readonly code: FileErrorCode
  declare readonly path?: string

  constructor(
    code: FileErrorCode,
    message: string,
    fields: FileErrorFields = {},
    options?: AvioErrorOptions,
  ) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of an {@link FfmpegError}. Only known fields are set. */
export interface FfmpegErrorFields {
  /** ffmpeg's exit code, if it exited by itself. */
  exitCode?: number | undefined
  /** The signal that ended ffmpeg. */
  signal?: NodeJS.Signals | undefined
  /** The last lines of ffmpeg's stderr. */
  stderrTail?: string | undefined
  /** The binary. */
  ffmpegPath?: string | undefined
  /** Its argument list. */
  args?: readonly string[] | undefined
  /** Input bytes fed to ffmpeg. */
  bytesIn?: number | undefined
  /** Output bytes received from ffmpeg. */
  bytesOut?: number | undefined
}

/** An error running ffmpeg. */
export class FfmpegError extends AvioError {
  declare readonly code: FfmpegErrorCode
  declare readonly exitCode?: number
  declare readonly signal?: NodeJS.Signals
  declare readonly stderrTail?: string
  declare readonly ffmpegPath?: string
  declare readonly args?: readonly string[]
  declare readonly bytesIn?: number
  declare readonly bytesOut?: number

  constructor(
    code: FfmpegErrorCode,
    message: string,
    fields: FfmpegErrorFields = {},
    options?: AvioErrorOptions,
  ) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of an {@link Mp4Error}. Only known fields are set. */
export interface Mp4ErrorFields {
  /** Offset of the offending box or field in the stream. */
  byteOffset?: number | undefined
  /** The path to the box: `moof[3]/traf[0]/trun[0]`. */
  boxPath?: string | undefined
  /** The track's `track_ID`. */
  trackId?: number | undefined
}

/** An error in the bytes of an MP4 stream. */
export class Mp4Error extends AvioError {
  declare readonly code: Mp4ErrorCode
  declare readonly byteOffset?: number
  declare readonly boxPath?: string
  declare readonly trackId?: number

  constructor(code: Mp4ErrorCode, message: string, fields: Mp4ErrorFields = {}, options?: AvioErrorOptions) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of a {@link MatroskaError}. Only known fields are set. */
export interface MatroskaErrorFields {
  /** Offset of the offending element in the file. */
  byteOffset?: number | undefined
}

/** An error in the bytes of a Matroska or WebM file. */
export class MatroskaError extends AvioError {
  declare readonly code: MatroskaErrorCode
  declare readonly byteOffset?: number

  constructor(
    code: MatroskaErrorCode,
    message: string,
    fields: MatroskaErrorFields = {},
    options?: AvioErrorOptions,
  ) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of an {@link HlsError}. Only known fields are set. */
export interface HlsErrorFields {
  /** The rendition's name. */
  rendition?: string | undefined
  /** The object being stored or removed. */
  object?: string | undefined
  /** The segment's number within its rendition, from 1. */
  segment?: number | undefined
}

/** An error packaging for HLS and DASH. */
export class HlsError extends AvioError {
  declare readonly code: HlsErrorCode
  declare readonly rendition?: string
  declare readonly object?: string
  declare readonly segment?: number

  constructor(code: HlsErrorCode, message: string, fields: HlsErrorFields = {}, options?: AvioErrorOptions) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of a {@link JobError}. Only known fields are set. */
export interface JobErrorFields {
  /** The path of the offending value in the job, as in JavaScript: `outputs[0].url`. */
  path?: string | undefined
}

/** An error in a job as data. */
export class JobError extends AvioError {
  declare readonly code: JobErrorCode
  declare readonly path?: string

  constructor(code: JobErrorCode, message: string, fields: JobErrorFields = {}, options?: AvioErrorOptions) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

/** Fields of a {@link PlanError}. Only known fields are set. */
export interface PlanErrorFields {
  /** The plan's hash. */
  plan?: string | undefined
  /** The piece: `chunk-00003`, `audio`. */
  piece?: string | undefined
}

/** An error of one object in pieces: of its plan, a step, or the join. */
export class PlanError extends AvioError {
  declare readonly code: PlanErrorCode
  declare readonly plan?: string
  declare readonly piece?: string

  constructor(
    code: PlanErrorCode,
    message: string,
    fields: PlanErrorFields = {},
    options?: AvioErrorOptions,
  ) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}

function assignKnown(error: AvioError, fields: object) {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) Object.defineProperty(error, name, { value, enumerable: true })
  }
}
