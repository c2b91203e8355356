/**
 * The messages of this library's diagnostics channels.
 *
 * Each is built from named fields, never from a request, a header or an address as a whole: a query may be a signature,
 * a header a password. Messages of errors are left out as well, since they quote servers. All messages of one channel
 * have the same fields in the same order; a field that does not apply is `undefined`.
 */

/** What a request is about. */
export interface RequestSubject {
  /** `'s3'` for an operation of S3, `'http'` for a GET of an `HttpSource`. */
  readonly protocol: 's3' | 'http'
  /** S3's name of the operation, such as `UploadPart`; `GET` over HTTP. */
  readonly operation: string
  /** The bucket. Only of S3. */
  readonly bucket: string | undefined
  /** The key; for a listing its prefix. Only of S3. */
  readonly key: string | undefined
  /** The URL without query, user and password. Only over HTTP; that of the source, wherever it redirects to. */
  readonly source: string | undefined
  /** The multipart upload. */
  readonly uploadId: string | undefined
  /** The part, from 1. */
  readonly partNumber: number | undefined
  /** The offset in the object of the first byte that the request asks for, or sends. */
  readonly byteOffset: number | undefined
}

/** How a request failed. */
export interface RequestFailure {
  /** The HTTP status; `undefined` without a response. */
  readonly statusCode: number | undefined
  /** The store's own id of the request, to quote in a support case. Only of S3. */
  readonly requestId: string | undefined
  /**
   * The store's code (`SlowDown`), the system's (`ECONNRESET`), the library's (`AVIO_ERR_OBJECT_CHANGED`),
   * `TimeoutError` for silence, or `IncompleteBody` for a body that ended early. `undefined` for a success, and for a
   * response that names none.
   */
  readonly errorCode: string | undefined
}

/** The time of something that is over. */
export interface Timing {
  /** When it began, in milliseconds since 1970, with a fraction. */
  readonly startTime: number
  /** How long it took, in milliseconds, with a fraction. By a clock that is never set. */
  readonly durationMs: number
}

/** On `avio-streams:request`: one request is over. Each attempt is a request of its own. */
export interface RequestMessage extends RequestSubject, RequestFailure, Timing {
  /** The number of the attempt, from 1. */
  readonly attempt: number
  /**
   * `'ok'`: the response is complete. `'failed'`: see `errorCode`. `'aborted'`: cut off by this side, since a stream
   * was destroyed or stopped, or the rest of the response is of no use.
   */
  readonly outcome: 'ok' | 'failed' | 'aborted'
  /** Milliseconds from the start to the header of the response. Only of GETs of bytes; `undefined` without a header. */
  readonly firstByteMs: number | undefined
  /** Bytes of an object that were sent: the body of UploadPart and PutObject. */
  readonly bytesSent: number
  /** Bytes of an object that were received. */
  readonly bytesReceived: number
}

/** On `avio-streams:retry`, and of the event `'retry'`: a request failed, and another attempt follows. */
export interface RetryMessage extends RequestSubject, RequestFailure {
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number
  /** The number of attempts that there may be. */
  readonly maxAttempts: number
  /** The wait before the next attempt, in milliseconds. */
  readonly delayMs: number
}

/** On `avio-streams:part`: a part of a multipart upload is stored. */
export interface PartMessage extends Timing {
  /** The bucket. */
  readonly bucket: string
  /** The key. */
  readonly key: string
  /** The multipart upload. */
  readonly uploadId: string
  /** The part, from 1. */
  readonly partNumber: number
  /** The offset in the stream of its first byte. */
  readonly byteOffset: number
  /** Its size in bytes. */
  readonly bytes: number
  /** Whether an earlier process had stored it, so that it was only compared. */
  readonly isResumed: boolean
}

/** On `avio-streams:process`: ffmpeg or ffprobe was started, did not start, or ended. */
export interface ProcessMessage extends Timing {
  /** `'start'`, `'error'` if it could not be started, or `'exit'`. */
  readonly event: 'start' | 'error' | 'exit'
  /** The file name of the binary, without its folder. Its arguments may hold secrets, and are left out. */
  readonly program: string
  /** The process id; `undefined` if it could not be started. */
  readonly pid: number | undefined
  /** The exit code, unless a signal ended it. Only of `'exit'`. */
  readonly exitCode: number | undefined
  /** The signal that ended it. Only of `'exit'`. */
  readonly signal: NodeJS.Signals | undefined
  /** The library's code. Only of `'error'`. */
  readonly errorCode: string | undefined
}

/** On `avio-streams:stage`: a stream of this library was made, moved its first byte, or is closed. */
export interface StageMessage extends Timing {
  /**
   * `'open'`: it was made. `'first-byte'`: see `direction`. The last one is `'end'` after success, `'error'` after a
   * failure, or `'abort'` if it was destroyed without an error before its end.
   */
  readonly event: 'open' | 'first-byte' | 'end' | 'error' | 'abort'
  /** A number of this stream alone, from 1. */
  readonly id: number
  /** The class, such as `S3RangeReadable`; for the streams of a process `inputs[0] of FfmpegProcess`. */
  readonly stage: string
  /** What it reads or writes: `s3://bucket/key`, a path, or a URL without its query. */
  readonly name: string | undefined
  /** `'in'`: the first byte written to it. `'out'`: the first that it has for its reader. */
  readonly direction: 'in' | 'out' | undefined
  /** Bytes written to it so far. */
  readonly bytesIn: number
  /** Bytes it has had for its reader so far. */
  readonly bytesOut: number
  /** The error's code. Only of `'error'`. */
  readonly errorCode: string | undefined
}

/** The diagnostics channels of this library, by name, and their messages. */
export interface DiagnosticsMessages {
  'avio-streams:request': RequestMessage
  'avio-streams:retry': RetryMessage
  'avio-streams:part': PartMessage
  'avio-streams:process': ProcessMessage
  'avio-streams:stage': StageMessage
}
