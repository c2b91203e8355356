import type { RandomAccess } from '../../io/random-access.js'
import type { SeekReason } from './seek-reason.js'

/** Whether ffmpeg reads the same from an input through a pipe as by seeking. */
export type PipeProof =
  /** It does. */
  | { readonly kind: 'same' }
  /** This many bytes of the head are needed to decide. */
  | { readonly kind: 'open'; readonly wanted: number }
  /** It may not. `what` says what a pipe would lose, if known: a clause to follow the input's name. */
  | { readonly kind: 'other'; readonly reason: SeekReason; readonly what?: string }
  /** It does, unless something follows the media. */
  | { readonly kind: 'unless-behind'; readonly isBehind: IsBehind }

/** Whether a source has something after its media that ffmpeg reads too. */
export type IsBehind = (source: RandomAccess, signal: AbortSignal) => Promise<boolean>

export const SAME: PipeProof = { kind: 'same' }
/** Nothing is known about the input. */
export const OTHER: PipeProof = { kind: 'other', reason: 'container' }

/** More of the head is needed. */
export function open(wanted: number): PipeProof {
  return { kind: 'open', wanted }
}

/** The largest head that is examined, in bytes. */
export const MAX_PROOF_BYTES = 8 * 1024 * 1024
