/**
 * The codes of all errors. The arrays are the complete list; `docs/errors.md` explains each code, and a test compares
 * the two.
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

/** Errors of jobs in a queue. */
export const QUEUE_ERROR_CODES = [
  /** A package that the engine needs is not installed. */
  'AVIO_ERR_QUEUE_PEER_MISSING',
  /** The engine can't be reached, or refuses what is asked of it. */
  'AVIO_ERR_QUEUE_UNREACHABLE',
  /** The queue has no job with this ID. */
  'AVIO_ERR_QUEUE_UNKNOWN_JOB',
  /** The queue has data that this version of the library does not know. */
  'AVIO_ERR_QUEUE_DATA_INVALID',
  /** The job was cancelled. */
  'AVIO_ERR_QUEUE_CANCELLED',
  /** The workers that took a step died, or lost their locks, too often. */
  'AVIO_ERR_QUEUE_STALLED',
  /** A piece failed, and its own error was lost. */
  'AVIO_ERR_QUEUE_PIECE_FAILED',
  /** This worker could not renew its lock in time: another one may have the step. */
  'AVIO_ERR_QUEUE_LOCK_LOST',
  /** The worker is shutting down, and gives the step back. */
  'AVIO_ERR_QUEUE_CLOSING',
  /** The steps of a cancelled job are still running. */
  'AVIO_ERR_QUEUE_STILL_RUNNING',
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
/** An error code of a job in a queue. */
export type QueueErrorCode = (typeof QUEUE_ERROR_CODES)[number]
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
  | QueueErrorCode

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
  ...QUEUE_ERROR_CODES,
]
