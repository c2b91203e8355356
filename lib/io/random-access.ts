/**
 * A source whose bytes can be read at any position, in any order, any number of times: AVIO's third callback,
 * `seek`.
 * Everything that needs to seek is written against this interface and so works for S3 objects, files and bytes
 * in memory.
 *
 * All reads of one `RandomAccess` see the same bytes: an implementation over something that can change pins the
 * version of its first response and fails on any other.
 */
export interface RandomAccess {
  /**
   * Its name in errors: `s3://masters/talk.mov`, a path. No secrets: leave out a query that may hold a
   * signature.
   */
  readonly name?: string | undefined

  /**
   * Total length in bytes.
   *
   * @param signal - cancels the request; the promise rejects with an `AbortError`
   */
  size(signal?: AbortSignal): Promise<number>

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order.
   * The iterable is guaranteed to deliver `end − start` bytes or throw: it never ends short.
   * Leaving the loop early cancels whatever is still in flight.
   *
   * @param start - first byte, from 0
   * @param end - one past the last byte; at most the size
   * @param signal - cancels the read; the iterable throws an `AbortError`
   */
  read(start: number, end: number, signal?: AbortSignal): AsyncIterable<Buffer>
}
