/**
 * A source whose bytes can be read from any place, in any order, any number of times: AVIO's third callback, `seek`.
 * Whatever needs to jump is written against this and so works for an object in S3, a file, or bytes in memory.
 *
 * All reads of one `RandomAccess` see the same bytes: an implementation over something that can change pins a
 * version at its first answer and fails from then on when it meets another.
 */
export interface RandomAccess {
  /** What errors call it: `s3://masters/talk.mov`, a path. No secrets: leave out a query that holds a signature. */
  readonly name?: string | undefined

  /**
   * Total length in bytes.
   *
   * @param signal - gives up the question; the promise rejects with an `AbortError`
   */
  size(signal?: AbortSignal): Promise<number>

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order.
   * It is guaranteed that the iterable either delivers `end − start` bytes or throws: it never ends short.
   * Leaving the loop early gives up whatever is still under way.
   *
   * @param start - first byte, from 0
   * @param end - one past the last byte; at most the size
   * @param signal - gives up the read; the iterable throws an `AbortError`
   */
  read(start: number, end: number, signal?: AbortSignal): AsyncIterable<Buffer>
}
