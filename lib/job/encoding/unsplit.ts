/**
 * Why an output can't be encoded in chunks, or need not be: what about it (`code`), and the reason with the remedy
 * (`message`).
 */
export interface Unsplit {
  readonly code: UnsplitCode
  readonly message: string
}

/** What about an output keeps it from being split. */
export type UnsplitCode =
  | 'short'
  | 'no-gain'
  | 'source'
  | 'encoder'
  | 'rate-control'
  | 'frame-rate'
  | 'key-frames'
  | 'filter'
  | 'argument'

/** Thrown on the way to a plan, and caught by it: the output runs whole. */
export class UnsplitReason extends Error {
  readonly code: UnsplitCode

  constructor(code: UnsplitCode, message: string) {
    super(message)
    this.name = 'UnsplitReason'
    this.code = code
  }

  /** As a plan states it. */
  get reason(): Unsplit {
    return { code: this.code, message: this.message }
  }
}
