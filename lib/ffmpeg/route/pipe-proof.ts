import type { RandomAccess } from '../../io/random-access.js'
import type { SeekReason } from './seek-reason.js'

/** What is known of an input that could be piped: whether ffmpeg reads the same of it by a pipe as by address. */
export type PipeProof =
  /** It does. */
  | { readonly kind: 'same' }
  /** So many bytes of the head are wanted to tell. */
  | { readonly kind: 'open'; readonly wanted: number }
  /**
   * It may not. `what` says what a pipe would lose, where that is known: a clause to be put behind the input's name.
   */
  | { readonly kind: 'other'; readonly reason: SeekReason; readonly what?: string }
  /** It does, unless something lies behind the media. */
  | { readonly kind: 'unless-behind'; readonly isBehind: IsBehind }

/** Whether something that ffmpeg reads as well lies behind the media of a source. */
export type IsBehind = (source: RandomAccess, signal: AbortSignal) => Promise<boolean>

export const SAME: PipeProof = { kind: 'same' }
/** Nothing is known of it. */
export const OTHER: PipeProof = { kind: 'other', reason: 'container' }

/** More of the head is wanted. */
export function open(wanted: number): PipeProof {
  return { kind: 'open', wanted }
}

/** The largest head that is looked at, in bytes. */
export const MAX_PROOF_BYTES = 8 * 1024 * 1024
