import type { Readable } from 'node:stream'
import type { HeaderClaim } from './header-claim.js'
import type { RandomAccess } from '../random-access.js'

/**
 * The handshake between neighbouring stages.
 *
 * `stream.pipeline(a, b)` calls `a.pipe(b)`, so `b` gets `'pipe'` with `a` before its first write and before its
 * `_construct` runs. There `b` looks for `a[LINK]` and learns what `a` can do beyond delivering bytes in order.
 * The symbol is a registered one, so that two copies of this package, and other people's streams, can take part.
 * A stream without a link has plain pipe semantics.
 */

/** The key under which a stream offers its {@link Link}. */
export const LINK: unique symbol = Symbol.for('avio-streams.link/1') as never

/** What a readable stream can do for the stage it is piped into. */
export interface Link {
  /**
   * The very bytes that this stream delivers, for a consumer that has to jump; to be looked up when it does, since a
   * source may find out with its first answer that it can't.
   */
  readonly randomAccess?: RandomAccess | undefined
  /**
   * Whether all that is still to be delivered has been asked for already, so that taking it costs nothing more: a consumer
   * that has to jump may as well take a small object whole.
   */
  readonly isAllRequested?: boolean
  /**
   * No more is wanted: cancel what is under way, end without error and emit `'stop'`.
   * Allowed only to the stream's one consumer ({@link isSoleConsumer}): with a tee the other branch would end
   * truncated and look whole. Calling it again, or after the end, does nothing.
   */
  stop?(): void
  /**
   * What this stream delivers belongs behind a head that exists only when all of it was delivered. A sink that can
   * write to its beginning last claims it, as soon as it is piped into; unclaimed, the stream fails before its first
   * byte (`AVIO_ERR_HEADER_UNCLAIMED`).
   */
  readonly header?: HeaderClaim
  /**
   * Tracks of a fragmented MP4, by number, that have no sample because their source has none: to be asked when the stream has
   * ended. A validator takes any other track without a sample for a loss.
   */
  silentTracks?(): ReadonlySet<number>
}

/** A readable stream that offers a link. */
export interface Linked {
  readonly [LINK]: Link
}

/** The link that `stream` offers, if it offers one. */
export function linkOf(stream: unknown): Link | undefined {
  if (typeof stream !== 'object' || stream === null) return undefined
  const link = (stream as Partial<Linked>)[LINK]
  return typeof link === 'object' ? link : undefined
}

/**
 * Whether the one pipe out of `source` is all that consumes it, so that it may be stopped.
 * A pipe holds one `'data'` listener; a tee (a second pipe, or a listener of the user's) adds to that.
 */
export function isSoleConsumer(source: Readable): boolean {
  return source.listenerCount('data') <= 1 && source.listenerCount('readable') === 0
}
