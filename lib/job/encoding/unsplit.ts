/**
 * Why an output is not encoded in chunks: a `code`, and a `message` with the reason and the remedy.
 */
export interface Unsplit {
  /** The property that prevents it, to match on. */
  readonly code: UnsplitCode
  /** The reason and the remedy, in sentences. */
  readonly message: string
}

/** The property of an output that prevents splitting. */
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

/** Thrown while planning, and caught by `planSplit`: the output is not split. */
export class UnsplitReason extends Error {
  readonly code: UnsplitCode

  constructor(code: UnsplitCode, message: string) {
    super(message)
    this.name = 'UnsplitReason'
    this.code = code
  }

  /** The reason in the form of a plan. */
  get reason(): Unsplit {
    return { code: this.code, message: this.message }
  }
}
