/** Options of {@link RandomAccess.readInto}. */
export interface ReadIntoOptions {
  /** Cancels the read; the promise rejects with an `AbortError`, once nothing writes to the memory any more. */
  readonly signal?: AbortSignal | undefined
  /**
   * Called each time more bytes have arrived, with their number. They follow those of the earlier calls, and may be
   * read while the rest is still arriving: their memory is not written again.
   */
  readonly onProgress?: ((bytes: number) => void) | undefined
}

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

  /**
   * Reads into memory of the caller: as many bytes as there is room for, from `start` on. Optional: it saves a copy and
   * the allocation of the chunks that {@link RandomAccess.read} makes, and without it `read` is used.
   *
   * It resolves once all of the memory is filled, and otherwise rejects, with the errors of `read`; never filled in
   * part. Whichever it is, the memory is the caller's own again from then on: nothing writes to it, or reads it, after
   * the promise has settled. So after an abort it rejects only when the last write is over. After a failure, the bytes
   * reported by `onProgress` are good, and the rest of the memory holds anything.
   *
   * @param start - first byte, from 0; the last one must be within the size
   * @param memory - one piece, or several that are filled one after the other; it must not be read before `onProgress`
   * has reported the bytes, nor be written
   */
  readInto?(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    options?: ReadIntoOptions,
  ): Promise<void>
}
