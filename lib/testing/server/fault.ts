import type { S3Call } from './call-log.js'
import type { S3Operation } from '../wire/operation.js'
import type { Pace } from '../wire/pacer.js'

/**
 * The grammar of faults: a rule says which calls it is for, and what happens to them.
 *
 *     { operation: 'UploadPart', nth: 3, status: 503, code: 'SlowDown' }       the third UploadPart has to slow down
 *     { operation: 'GetObject', rangeBeyond: 10e6, times: Infinity, reset: 0 } every GET past 10 MB breaks
 */

/** Which calls a rule is for. All that is given has to hold; nothing given means every call. */
export interface FaultMatch {
  /** The operation, or several. */
  readonly operation?: S3Operation | readonly S3Operation[]
  /** The bucket. */
  readonly bucket?: string
  /** The key, or a pattern of it. */
  readonly key?: string | RegExp
  /** The part, from 1. */
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

/** A fault that stands in the place of an answer. */
export interface AnswerFault {
  /** Whether the operation takes effect all the same, so that the client cannot know. Default: false. */
  readonly performed?: boolean
}

/** The connection is reset. */
export interface ResetFault extends AnswerFault {
  /**
   * `true`: in place of an answer. A number: after so many bytes of the answer's body. Of bytes that the client has
   * not read when the reset comes, its system may throw some away: use `shortBody` where the exact number matters.
   * An answer without a body (that of a PutObject, say) has no such place: use `true`.
   */
  readonly reset: true | number
}

/** Nothing more comes, and the connection stays open until the client, or the server, closes it. */
export interface StallFault extends AnswerFault {
  /** `true`: in place of an answer. A number: after so many bytes of the answer's body. */
  readonly stall: true | number
}

/** The call waits until {@link FaultHandle.release}, and then goes on as if nothing was. */
export interface HoldFault extends AnswerFault {
  /** Before the operation, or, where it is `performed`, between the operation and its answer. */
  readonly hold: true
}

/** The connection is closed in good order before the answer's body is whole. */
export interface ShortBodyFault {
  /** The bytes of the body that arrive, fewer than the headers promise. */
  readonly shortBody: number
}

/** An error is answered. A body that the client is sending is read to its end first. */
export interface StatusFault extends AnswerFault {
  /** The HTTP status, 200 to 599. */
  readonly status: number
  /** S3's code. Default: one that fits the status. */
  readonly code?: string
  /** Default: the code's own sentence. */
  readonly message?: string
  /** Seconds, for a `Retry-After` header. */
  readonly retryAfter?: number
}

/** The status is 200 and the body an error, as CompleteMultipartUpload and the copies can answer. */
export interface ErrorIn200Fault extends AnswerFault {
  /** S3's code. */
  readonly errorIn200: string
  /** Default: the code's own sentence. */
  readonly message?: string
}

/** The call is answered slowly. */
export interface SlowFault {
  /** How slowly; outranks the server's own pace. */
  readonly slow: Pace
}

/** The object is replaced just before the call is performed. */
export interface ChangedFault {
  /** Its new bytes. Type and metadata stay. */
  readonly changed: Uint8Array | string
}

/** Anything is done just before the call is performed. */
export interface BeforeFault {
  /** Does it; a promise is waited for. */
  readonly before: (call: S3Call) => unknown
}

/** One byte of the answer's body is altered. What is stored stays as it is. */
export interface CorruptFault {
  /** The byte's offset into the body. */
  readonly corrupt: number
}

/** Headers of the answer are others. */
export interface AnswerHeadersFault {
  /** What to set, by names in lower case; `undefined` removes a header. */
  readonly answerHeaders: Readonly<Record<string, string | undefined>>
}

/** The connection is reset while the request's body comes in. Nothing is stored. */
export interface ResetRequestFault {
  /** The bytes of the body, framing included, that have arrived by then, at least. */
  readonly resetRequest: number
}

/**
 * No more of the request's body is read, until {@link FaultHandle.release}.
 * A connection that is not read does not tell that its client has gone: release the rule, or close the server.
 */
export interface StallRequestFault {
  /** The bytes of the body, framing included, that have arrived by then, at least. */
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
