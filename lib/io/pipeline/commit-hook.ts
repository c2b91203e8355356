/**
 * How several sinks are committed together.
 *
 * A sink that is all or nothing makes its object visible with one last request. Of several, one may be refused when
 * others are visible already. So a sink offers, by a registered symbol, to wait before that request: when all of them
 * have stored everything and passed their own checks, they go on together.
 */

/** The key under which a sink offers its {@link CommitHook}. */
export const COMMIT: unique symbol = Symbol.for('avio-streams.commit/1') as never

/** What a sink can do for who commits it together with others. */
export interface CommitHook {
  /**
   * Has the sink wait for `open()` once all is stored and its own check was passed; it commits when that resolves, and
   * fails with its reason when it rejects. To be called before the sink is ended. `destroy()` does not wait for it.
   */
  hold(open: () => Promise<void>): void
  /** Settles when everything is over, clean-up included. */
  readonly result: Promise<unknown>
  /** What is written, for messages and reports: `s3://bucket/key`, a path. */
  readonly target: string
}

/** A sink that offers to wait. */
export interface Committed {
  readonly [COMMIT]: CommitHook
}

/** What `stream` offers, if it offers it. */
export function commitOf(stream: unknown): CommitHook | undefined {
  if (typeof stream !== 'object' || stream === null) return undefined
  const commit = (stream as Partial<Committed>)[COMMIT]
  return typeof commit === 'object' ? commit : undefined
}
