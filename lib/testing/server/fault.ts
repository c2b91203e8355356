import type { S3Call } from './call-log.js'
import type { S3Operation } from '../wire/operation.js'
import type { Pace } from '../wire/pacer.js'

/**
 * The grammar of faults: a rule states which calls it applies to, and what happens to them.
 *
 *     { operation: 'UploadPart', nth: 3, status: 503, code: 'SlowDown' }       the third UploadPart has to slow down
 *     { operation: 'GetObject', rangeBeyond: 10e6, times: Infinity, reset: 0 } every GET past 10 MB breaks
 */

/** Which calls a rule applies to. All given conditions must hold; none given means every call. */
export interface FaultMatch {
  /** The operation, or several. */
  readonly operation?: S3Operation | readonly S3Operation[]
  /** The bucket. */
  readonly bucket?: string
  /** The key, or a pattern for it. */
  readonly key?: string | RegExp
  /** The part, from 1. */
  readonly partNumber?: number
  /** The call's `Range` starts at this byte or later. */
  readonly rangeBeyond?: number
  /** Any other condition. Called once on arrival for each call that matches the rest. */
  readonly when?: (call: S3Call) => boolean
  /** The first matching call to hit, from 1. @defaultValue 1 */
  readonly nth?: number
  /** How many calls to hit from there on; `Infinity` for all. @defaultValue 1 */
  readonly times?: number
}

/** A fault that replaces a response. */
export interface AnswerFault {
  /** Whether the operation still takes effect, so that the client can't tell. @defaultValue `false` */
  readonly performed?: boolean
}

/** The connection is reset. */
export interface ResetFault extends AnswerFault {
  /**
   * `true`: instead of a response. A number: after that many bytes of the response's body. Bytes not yet read by
   * the client when the reset arrives may be discarded by its system: use `shortBody` if the exact number
   * matters. A response without a body (that of a PutObject, for example) has no such position: use `true`.
   */
  readonly reset: true | number
}

/** Nothing more is sent, and the connection stays open until the client or the server closes it. */
export interface StallFault extends AnswerFault {
  /** `true`: instead of a response. A number: after that many bytes of the response's body. */
  readonly stall: true | number
}

/** The call waits for {@link FaultHandle.release}, and then continues normally. */
export interface HoldFault extends AnswerFault {
  /** Before the operation or, if `performed`, between the operation and its response. */
  readonly hold: true
}

/** The connection is closed cleanly before the response's body is complete. */
export interface ShortBodyFault {
  /** Number of body bytes that arrive, fewer than the headers promise. */
  readonly shortBody: number
}

/** The response is an error. A body being sent by the client is read to its end first. */
export interface StatusFault extends AnswerFault {
  /** The HTTP status, 200 to 599. */
  readonly status: number
  /** S3's code. @defaultValue one that matches the status */
  readonly code?: string
  /** The message of the error. @defaultValue the code's own */
  readonly message?: string
  /** Seconds, for a `Retry-After` header. */
  readonly retryAfter?: number
}

/** The status is 200 and the body an error, as is possible for CompleteMultipartUpload and copies. */
export interface ErrorIn200Fault extends AnswerFault {
  /** S3's code. */
  readonly errorIn200: string
  /** The message of the error. @defaultValue the code's own */
  readonly message?: string
}

/** The response is slow. */
export interface SlowFault {
  /** How slowly; overrides the server's own pace. */
  readonly slow: Pace
}

/** The object is replaced just before the call is performed. */
export interface ChangedFault {
  /** Its new bytes. Type and metadata stay. */
  readonly changed: Uint8Array | string
}

/** A callback runs just before the call is performed. */
export interface BeforeFault {
  /** The callback; a promise is awaited. */
  readonly before: (call: S3Call) => unknown
}

/** One byte of the response's body is altered. What is stored stays as it is. */
export interface CorruptFault {
  /** The byte's offset into the body. */
  readonly corrupt: number
}

/** Headers of the response are changed. */
export interface AnswerHeadersFault {
  /** Headers to set, by lower-case name; `undefined` removes a header. */
  readonly answerHeaders: Readonly<Record<string, string | undefined>>
}

/** The connection is reset while the request's body arrives. Nothing is stored. */
export interface ResetRequestFault {
  /** Number of body bytes, including framing, that have arrived by then, at least. */
  readonly resetRequest: number
}

/**
 * No more of the request's body is read until {@link FaultHandle.release}. A connection that is not read does
 * not report that its client is gone: release the rule, or close the server.
 */
export interface StallRequestFault {
  /** Number of body bytes, including framing, that have arrived by then, at least. */
  readonly stallRequest: number
}

/** What happens to the calls that are hit. */
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
  /** Number of calls it has taken effect on. */
  readonly hits: number
  /**
   * Resolves with the first call that the rule takes effect on, at that moment: when the bytes before the break
   * have been sent or received, or a `performed` operation is done. Rejects if the server closes before.
   */
  readonly reached: Promise<S3Call>
  /** Releases the calls it holds now, and those it would hold later (`hold` and `stallRequest`). */
  release(): void
  /** Removes the rule; calls that it holds or stalls stay so. */
  remove(): void
}
