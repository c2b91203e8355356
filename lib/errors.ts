/**
 * One family of errors for the whole library.
 *
 * Match on `code`, never on the message: codes are part of the public API, messages may improve.
 * `docs/errors.md` explains each code.
 * An abort through the user's own `AbortSignal` is not in the family: it stays Node's `AbortError`.
 */

import { AvioError, type AvioErrorOptions, assignKnown } from './errors/avio-error.js'
import type {
  FfmpegErrorCode,
  FileErrorCode,
  HlsErrorCode,
  JobErrorCode,
  MatroskaErrorCode,
  Mp4ErrorCode,
  PlanErrorCode,
  QueueErrorCode,
  S3ErrorCode,
  SourceErrorCode,
} from './errors/codes.js'

export { AvioError, type AvioErrorJson, type AvioErrorOptions, isError } from './errors/avio-error.js'
export {
  AVIO_ERROR_CODES,
  type AvioErrorCode,
  type FfmpegErrorCode,
  type FileErrorCode,
  type HlsErrorCode,
  type JobErrorCode,
  type MatroskaErrorCode,
  type Mp4ErrorCode,
  type PlanErrorCode,
  type QueueErrorCode,
  type S3ErrorCode,
  type SourceErrorCode,
} from './errors/codes.js'
export { discreet } from './errors/redaction.js'

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

/** Fields of a {@link QueueError}. Only known fields are set. */
export interface QueueErrorFields {
  /** The name of the queue. */
  queue?: string | undefined
  /** The ID of the job. */
  job?: string | undefined
}

/** An error of a job in a queue, or of the engine that keeps the queue. */
export class QueueError extends AvioError {
  declare readonly code: QueueErrorCode
  /** The name of the queue. */
  declare readonly queue?: string
  /** The ID of the job. */
  declare readonly job?: string

  constructor(
    code: QueueErrorCode,
    message: string,
    fields: QueueErrorFields = {},
    options?: AvioErrorOptions,
  ) {
    super(code, message, options)
    assignKnown(this, fields)
  }
}
