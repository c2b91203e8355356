import type { AvioErrorCode } from './codes.js'

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
  // Another worker has the job, or will have it.
  'AVIO_ERR_QUEUE_UNREACHABLE',
  'AVIO_ERR_QUEUE_PIECE_FAILED',
  'AVIO_ERR_QUEUE_LOCK_LOST',
  'AVIO_ERR_QUEUE_CLOSING',
  'AVIO_ERR_QUEUE_STILL_RUNNING',
])

/** Codes that only say where something failed: `retryable` is that of the cause, if it has one. */
const AS_THE_CAUSE: ReadonlySet<AvioErrorCode> = new Set<AvioErrorCode>([
  'AVIO_ERR_COMMIT_REFUSED',
  'AVIO_ERR_COMMIT_PARTIAL',
  'AVIO_ERR_CHECKPOINT_SAVE',
  'AVIO_ERR_HLS_STORE_FAILED',
])

/**
 * Whether a retry may resolve an error, as far as its code and its cause tell.
 *
 * @param code - the error's code
 * @param cause - the original error
 */
export function isRetryable(code: AvioErrorCode, cause: unknown): boolean {
  return toldByCause(code, cause) ?? RETRYABLE.has(code)
}

/** What the cause says, where the code leaves it to the cause. */
function toldByCause(code: AvioErrorCode, cause: unknown): boolean | undefined {
  const told = (cause as { retryable?: unknown } | null | undefined)?.retryable
  return AS_THE_CAUSE.has(code) && typeof told === 'boolean' ? told : undefined
}
