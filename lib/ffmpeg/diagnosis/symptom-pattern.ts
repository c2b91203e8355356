import type { FfmpegErrorCode } from '../../errors.js'

/** The meaning of one kind of message. */
export interface Symptom {
  readonly code: FfmpegErrorCode
  /** How to solve the problem. */
  readonly remedy: string
  /** The message gives only the kind of error: an earlier message gave the cause. */
  readonly isVague?: true
  /** This machine ran out of a resource: the same job may succeed later, or elsewhere. */
  readonly retryable?: true
}

/** How to recognize a {@link Symptom}. */
export interface Pattern extends Symptom {
  /** The whole message. */
  readonly messages: readonly RegExp[]
  /** The component that must have written it. */
  readonly component?: RegExp
  /** The least severe level of the message. Default `error`. */
  readonly level?: 'error' | 'warning'
  /** The output is wrong even if ffmpeg exits with 0. */
  readonly evenAtExit0?: true
}
