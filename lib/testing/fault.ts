import type { S3Call } from './call-log.js'
import type { S3Operation } from './operation.js'
import type { Pace } from './pacer.js'

/**
 * The grammar of faults: a rule says which calls it is for, and what happens to them.
 *
 *     { operation: 'UploadPart', nth: 3, status: 503, code: 'SlowDown' }       the third UploadPart is told to slow down
 *     { operation: 'GetObject', rangeBeyond: 10e6, times: Infinity, reset: 0 } every GET past 10 MB breaks
 */

/** Which calls a rule is for. All that is given has to hold; nothing given means every call. */
export interface FaultMatch {
  /** The operation, or several. */
  readonly operation?: S3Operation | readonly S3Operation[]
  readonly bucket?: string
  /** The key, or a pattern of it. */
  readonly key?: string | RegExp
  readonly partNumber?: number
  /** The first byte that the call's `Range` asks for is at this byte or after it. */
  readonly rangeBeyond?: number
  /** Anything else. Called once for each call that fits so far, when it arrives. */
  readonly when?: (call: S3Call) => boolean
  /** The first call that is hit, of those that fit, from 1. Default: 1. */
  readonly nth?: number
  /** How many are hit from there on; `Infinity` for all. Default: 1. */
  readonly times?: number
}

/** Whether the operation takes effect although the client does not learn of it. Default: false. */
interface Performed {
  readonly performed?: boolean
}

/**
 * The connection is reset. `true`: in place of an answer; with `performed` the operation took effect and its answer
 * is lost. A number: after so many bytes of the answer's body.
 * Of bytes that the client has not read when the reset comes, its system may throw some away: use `shortBody` where
 * the exact number matters. An answer without a body (that of a PutObject, say) has no such place: use `true`.
 */
export interface ResetFault extends Performed {
  readonly reset: true | number
}

/**
 * Nothing more comes, and the connection stays open. `true`: in place of an answer; with `performed` the operation
 * took effect. A number: after so many bytes of the answer's body.
 */
export interface StallFault extends Performed {
  readonly stall: true | number
}

/** Like `stall: true`, until {@link FaultHandle.release} is called: then the exchange goes on as if nothing was. */
export interface HoldFault extends Performed {
  readonly hold: true
}

/** The connection is closed in good order after so many bytes of the answer's body, fewer than its headers promise. */
export interface ShortBodyFault {
  readonly shortBody: number
}

/** An error is answered; with `performed` the operation took effect all the same. */
export interface StatusFault extends Performed {
  /** The HTTP status. */
  readonly status: number
  /** S3's code. Default: one that fits the status. */
  readonly code?: string
  readonly message?: string
  /** Seconds, for a `Retry-After` header. */
  readonly retryAfter?: number
}

/** The status is 200 and the body an error with this code, as CompleteMultipartUpload and the copies can answer. */
export interface ErrorIn200Fault extends Performed {
  readonly errorIn200: string
  readonly message?: string
}

/** Calls are answered slowly. */
export interface SlowFault {
  readonly slow: Pace
}

/** The object is replaced by these bytes just before the call is performed. */
export interface ChangedFault {
  readonly changed: Buffer | Uint8Array | string
}

/** This is called, and waited for, just before the call is performed. */
export interface BeforeFault {
  readonly before: (call: S3Call) => unknown
}

/** One byte of the answer's body is altered: the one at this offset into the body. */
export interface CorruptFault {
  readonly corrupt: number
}

/** These headers of the answer are set, or removed where the value is `undefined`. Names in lower case. */
export interface AnswerHeadersFault {
  readonly answerHeaders: Readonly<Record<string, string | undefined>>
}

/** The connection is reset when so many bytes of the request's body have arrived. Nothing is stored. */
export interface ResetRequestFault {
  readonly resetRequest: number
}

/**
 * No more of the request's body is read once so many bytes have arrived, until {@link FaultHandle.release} is called.
 * A connection that is not read does not tell that its client has gone: release the rule, or close the server.
 */
export interface StallRequestFault {
  readonly stallRequest: number
}

/** What happens to a call that is hit. */
export type FaultAction =
  | ResetFault
  | StallFault
  | HoldFault
  | ShortBodyFault
  | StatusFault
  | ErrorIn200Fault
  | SlowFault
  | ChangedFault
  | BeforeFault
  | CorruptFault
  | AnswerHeadersFault
  | ResetRequestFault
  | StallRequestFault

/** A rule: which calls, and what happens to them. */
export type FaultRule = FaultMatch & FaultAction

/** A rule that was added. */
export interface FaultHandle {
  /** How many calls it took effect on so far. */
  readonly hits: number
  /**
   * Resolves with the first call that the rule takes effect on, at that moment: when the bytes before the break are
   * sent or received, when the operation is done that was to be `performed`. Rejects when the server closes before.
   */
  readonly reached: Promise<S3Call>
  /** Lets the calls go on that it holds now, and those that it would hold later (`hold` and `stallRequest`). */
  release(): void
  /** Takes the rule away; calls that it holds or stalls stay so. */
  remove(): void
}
