import type { Check } from './checks.js'

/**
 * What is known not to be as plain ffmpeg has it, and why. A run fails where something else is not, and where one of these
 * is: a line whose fault was mended has to go.
 */
export interface Known {
  /** Names of files. */
  readonly files: readonly string[]
  readonly check: Check
  /** Whose it is: ours to mend, or what sets the library apart from plain ffmpeg. */
  readonly of: 'library' | 'difference'
  readonly why: string
}

export const KNOWN: readonly Known[] = []
