/**
 * Makes a file whose head is known only at the end from a stream that was written without going back: what comes in
 * is looked at, what belongs behind the head goes out, and at the end there is the head.
 */
export interface DeferredHeaderBuilder {
  /**
   * Takes the next bytes of the stream; gives what of them belongs behind the head, in order, not copied.
   *
   * @throws where the stream can't be made such a file
   */
  write(chunk: Buffer): readonly Buffer[]
  /**
   * The stream has ended. Gives what was still held back.
   *
   * @throws where it must not end here
   */
  end(): readonly Buffer[]
  /**
   * The head, after {@link end}. Places in the file that it names hold for exactly its own length.
   *
   * @param length - how long it is to be, in bytes: filled up with padding. Without it as short as it can be
   * @throws {@link AvioError} `AVIO_ERR_HEADER_TOO_LARGE`
   */
  head(length?: number): Buffer
}
