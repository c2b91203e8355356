import type { Readable } from 'node:stream'
import type { HeaderClaim } from './header-claim.js'
import type { RandomAccess } from '../random-access.js'

/**
 * The handshake between adjacent stages.
 *
 * `stream.pipeline(a, b)` calls `a.pipe(b)`, so `b` gets `'pipe'` with `a` before its first write and before
 * its `_construct` runs. There `b` looks up `a[LINK]`, which tells what `a` can do beyond delivering bytes in
 * order. The symbol is registered, so that two copies of this package, and third-party streams, can take part.
 * A stream without a link has plain pipe semantics.
 */

/** The key under which a stream offers its {@link Link}. */
export const LINK: unique symbol = Symbol.for('avio-streams.link/1') as never

/** What a readable stream offers the stage it is piped into. */
export interface Link {
  /**
   * Random access to the very bytes this stream delivers, for a consumer that has to seek; look it up at that
   * moment, as the source may learn from its first response that it can't.
   */
  readonly randomAccess?: RandomAccess | undefined
  /**
   * Whether everything still to be delivered has already been requested, so that reading it costs nothing more:
   * a consumer that has to seek may as well buffer a small object.
   */
  readonly isAllRequested?: boolean
  /**
   * The consumer is about to read at least so many bytes from the beginning: they may be requested beside one another
   * before it waits for them. It need not keep its word.
   */
  expect?(bytes: number): void
  /**
   * No more is wanted: cancel requests in flight, end without error and emit `'stop'`. Only the stream's sole
   * consumer may call it ({@link isSoleConsumer}): with a tee the other branch would be truncated and look
   * complete. Calling it again, or after the end, does nothing.
   */
  stop?(): void
  /**
   * This stream's bytes belong after a header that exists only once all of them are delivered. A sink that can
   * write its beginning last claims it when it is piped into; without a claim, the stream fails before its
   * first byte (`AVIO_ERR_HEADER_UNCLAIMED`).
   */
  readonly header?: HeaderClaim
  /**
   * Numbers of the tracks of a fragmented MP4 that have no samples because their source has none; call it after
   * the stream has ended. A validator reports any other track without samples as a loss.
   */
  silentTracks?(): ReadonlySet<number>
  /**
   * Media types that this stream's bytes can have, the likeliest first (of the muxer `mp4`: `video/mp4`, `audio/mp4`).
   * A sink stores the one that its key's ending names, else the first.
   */
  readonly mediaTypes?: readonly string[] | undefined
  /**
   * The consumer gives back each chunk it is done with, so that its memory is used again (`lib/io/memory/loans.ts`):
   * `givesBack` is asked before each chunk, because a stage that passes chunks on depends on the one behind it. Call it
   * again when chunks that are on their way may reach somebody else, and without an argument when the pipe ends.
   */
  lendTo?(givesBack?: () => boolean): void
}

/** A readable stream that offers a link. */
export interface Linked {
  readonly [LINK]: Link
}

/** The link of `stream`, if it offers one. */
export function linkOf(stream: unknown): Link | undefined {
  if (typeof stream !== 'object' || stream === null) return undefined
  const link = (stream as Partial<Linked>)[LINK]
  return typeof link === 'object' ? link : undefined
}

/**
 * Whether a single pipe is the only consumer of `source`, so that it may be stopped. A pipe adds one `'data'`
 * listener; a tee (a second pipe, or a user's listener) adds to that.
 */
export function isSoleConsumer(source: Readable): boolean {
  return source.listenerCount('data') <= 1 && source.listenerCount('readable') === 0
}
