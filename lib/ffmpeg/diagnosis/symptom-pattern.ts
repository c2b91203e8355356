import type { FfmpegErrorCode } from '../../errors.js'

/** What one kind of message means. */
export interface Symptom {
  readonly code: FfmpegErrorCode
  /** What to do about it. */
  readonly remedy: string
  /** The message says what kind of error it was and not of what: the cause was told before it. */
  readonly isVague?: true
  /** This machine had run short of something: the same job may succeed later, or elsewhere. */
  readonly retryable?: true
}

/** How a {@link Symptom} is recognised. */
export interface Pattern extends Symptom {
  /** The whole message. */
  readonly messages: readonly RegExp[]
  /** Who has to say it. */
  readonly component?: RegExp
  /** The least severe level it comes at. Default `error`. */
  readonly level?: 'error' | 'warning'
  /** The output is not what was asked for even where ffmpeg exits with 0. */
  readonly evenAtExit0?: true
}
