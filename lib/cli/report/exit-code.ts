/**
 * Exit codes: what a script can go by. Wrong usage (2) needs another command line; the input (3), ffmpeg (4) and the
 * store (5) say where to look; 6 says that the store has to be asked; 7 that the target is there already; 8 that a job
 * must run whole. After 2, 3, 7 and 8 the same attempt would fail again: an engine must not make it. So an input that
 * could not be read this time, but may be the next time, is 5.
 */
export const EXIT = {
  done: 0,
  /** A fault of ours, or of the system. */
  fault: 1,
  usage: 2,
  input: 3,
  ffmpeg: 4,
  store: 5,
  unknown: 6,
  exists: 7,
  /** Of `plan`. */
  unsplit: 8,
} as const

/** What a shell says of a process that a signal ended: 128 and the signal's number. */
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Codes that only say where something failed. */
const AS_THE_CAUSE = new Set<unknown>(['AVIO_ERR_COMMIT_REFUSED', 'AVIO_ERR_HLS_STORE_FAILED'])

/** By the code, or by its beginning where it ends with `_`; the longest one counts. Everything else is about ffmpeg. */
const CODES: Readonly<Record<string, number>> = {
  AVIO_ERR_DESCRIPTORS: EXIT.fault,
  AVIO_ERR_STAGE_USED: EXIT.fault,
  AVIO_ERR_OPTION: EXIT.usage,
  AVIO_ERR_JOB_: EXIT.usage,
  AVIO_ERR_ARGUMENT_REFUSED: EXIT.usage,
  AVIO_ERR_MUXER_NOT_STREAMABLE: EXIT.usage,
  AVIO_ERR_SOURCE_: EXIT.input,
  AVIO_ERR_INPUT_: EXIT.input,
  AVIO_ERR_INPUT_UNREACHABLE: EXIT.ffmpeg,
  AVIO_ERR_NO_SUCH_KEY: EXIT.input,
  AVIO_ERR_OBJECT_ARCHIVED: EXIT.input,
  AVIO_ERR_OBJECT_CHANGED: EXIT.input,
  AVIO_ERR_RANGE_NOT_SATISFIABLE: EXIT.input,
  AVIO_ERR_READ_FAILED: EXIT.input,
  AVIO_ERR_UPSTREAM_CLOSED: EXIT.input,
  AVIO_ERR_MOOV_NOT_FOUND: EXIT.input,
  AVIO_ERR_PROTOCOL_REFUSED: EXIT.input,
  AVIO_ERR_FORMAT_REFUSED: EXIT.input,
  AVIO_ERR_NO_SUCH_STREAM: EXIT.input,
  AVIO_ERR_STREAM_MISSING: EXIT.input,
  AVIO_ERR_MATROSKA_: EXIT.input,
  AVIO_ERR_LIMIT_INPUT_BYTES: EXIT.input,
  AVIO_ERR_LIMIT_PIXELS: EXIT.input,
  AVIO_ERR_LIMIT_DURATION: EXIT.input,
  AVIO_ERR_NO_SUCH_BUCKET: EXIT.store,
  AVIO_ERR_ACCESS_DENIED: EXIT.store,
  AVIO_ERR_CREDENTIALS: EXIT.store,
  AVIO_ERR_WRONG_REGION: EXIT.store,
  AVIO_ERR_UNREACHABLE: EXIT.store,
  AVIO_ERR_BAD_RESPONSE: EXIT.store,
  AVIO_ERR_UPLOAD_FAILED: EXIT.store,
  AVIO_ERR_CHECKSUM_MISMATCH: EXIT.store,
  AVIO_ERR_COMMIT_: EXIT.store,
  AVIO_ERR_OBJECT_TOO_LARGE: EXIT.store,
  AVIO_ERR_FILE_WRITE: EXIT.store,
  AVIO_ERR_HLS_STORE_FAILED: EXIT.store,
  AVIO_ERR_LIMIT_OBJECTS: EXIT.store,
  AVIO_ERR_OUTPUT_CLOSED: EXIT.store,
  AVIO_ERR_OUTCOME_UNKNOWN: EXIT.unknown,
  AVIO_ERR_PLAN_INVALID: EXIT.usage,
  AVIO_ERR_PLAN_GAP: EXIT.input,
  AVIO_ERR_PLAN_MIXED: EXIT.input,
  AVIO_ERR_PLAN_TARGET_CHANGED: EXIT.exists,
  AVIO_ERR_PLAN_UNSPLIT: EXIT.unsplit,
  AVIO_ERR_QUEUE_: EXIT.store,
  AVIO_ERR_QUEUE_PEER_MISSING: EXIT.usage,
  AVIO_ERR_QUEUE_UNKNOWN_JOB: EXIT.input,
  AVIO_ERR_PRECONDITION_FAILED: EXIT.exists,
  AVIO_ERR_FILE_EXISTS: EXIT.exists,
}

/** Codes of the store that are about the input if it was read: there, something is missing or denied. */
const OF_READS = new Set(['AVIO_ERR_NO_SUCH_BUCKET', 'AVIO_ERR_ACCESS_DENIED'])

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  const { code, cause, operation, retryable } = (error ?? {}) as {
    code?: unknown
    cause?: unknown
    operation?: unknown
    retryable?: unknown
  }
  if (typeof code !== 'string' || !code.startsWith('AVIO_ERR_')) return EXIT.fault
  if (OF_READS.has(code) && operation === 'GetObject') return EXIT.input
  if (AS_THE_CAUSE.has(code) && exitCodeOf(cause) !== EXIT.fault) return exitCodeOf(cause)
  const begins = Object.keys(CODES).filter(name =>
    name.endsWith('_') ? code.startsWith(name) : code === name,
  )
  const exitCode = CODES[begins.sort((a, b) => b.length - a.length)[0] ?? ''] ?? EXIT.ffmpeg
  return exitCode === EXIT.input && retryable === true ? EXIT.store : exitCode
}

/** The codes that are listed, for a test. */
export const LISTED_CODES: readonly string[] = Object.keys(CODES)
