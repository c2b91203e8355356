/**
 * How several sinks commit together.
 *
 * An all-or-nothing sink makes its object visible with one last request. Among several sinks, one may be
 * refused when others are already visible. So a sink offers, under a registered symbol, to wait before that
 * request: when all of them have stored everything and passed their own checks, they continue together.
 */

/** The key under which a sink offers its {@link CommitHook}. */
export const COMMIT: unique symbol = Symbol.for('avio-streams.commit/1') as never

/** Lets a caller commit a sink together with others. */
export interface CommitHook {
  /**
   * Makes the sink wait for `open()` once everything is stored and its own check has passed; it commits when
   * that resolves, and fails with the reason when it rejects. Call it before the sink ends. `destroy()` does
   * not wait for it.
   */
  hold(open: () => Promise<void>): void
  /** Settles when everything is over, clean-up included. */
  readonly result: Promise<unknown>
  /**
   * Resolves once the output is visible, if a clean-up follows: the next commit does not wait for that. Stays pending
   * if `result` rejects.
   * @defaultValue `result`
   */
  readonly visible?: Promise<unknown>
  /** The output, for messages and reports: `s3://bucket/key`, a path. */
  readonly target: string
}

/** A sink with a {@link CommitHook}. */
export interface Committed {
  readonly [COMMIT]: CommitHook
}

/** The hook of `stream`, if it offers one. */
export function commitOf(stream: unknown): CommitHook | undefined {
  if (typeof stream !== 'object' || stream === null) return undefined
  const commit = (stream as Partial<Committed>)[COMMIT]
  return typeof commit === 'object' ? commit : undefined
}
