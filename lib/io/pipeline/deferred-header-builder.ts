/**
 * Builds a file whose header is known only at the end from a stream that is written without seeking: it parses
 * the input, emits the bytes that belong after the header, and delivers the header at the end.
 */
export interface DeferredHeaderBuilder {
  /**
   * Takes the next bytes of the stream; returns those that belong after the header, in order, without copying.
   *
   * @throws if the stream can't be converted
   */
  write(chunk: Buffer): readonly Buffer[]
  /**
   * The stream has ended. Returns the bytes still held back.
   *
   * @throws if it must not end here
   */
  end(): readonly Buffer[]
  /**
   * The header, after {@link end}. The file offsets in it are valid only for its own length.
   *
   * @param length - the length to pad it to, in bytes. Without it as short as possible
   * @throws {@link AvioError} `AVIO_ERR_HEADER_TOO_LARGE`
   */
  head(length?: number): Buffer
}
