import type { Check } from './checks.js'

/**
 * A known difference from plain ffmpeg, and its reason. A run fails for any other difference, and for a listed one that
 * no longer exists: remove its line.
 */
export interface Known {
  /** Names of files. */
  readonly files: readonly string[]
  readonly check: Check
  /** The cause: a fault of the library, or a deliberate difference from plain ffmpeg. */
  readonly of: 'library' | 'difference'
  readonly why: string
}

export const KNOWN: readonly Known[] = []
