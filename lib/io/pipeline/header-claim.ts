import type { Readable } from 'node:stream'
import { AvioError } from '../../errors.js'

/**
 * A header that is known only at the end: the index of an ordinary MP4, the sizes in a WAV's header.
 *
 * The stream delivers the bytes after the header, and offers the header through its link. A sink that can write
 * its first bytes last *claims* it when it is piped into: it reserves space at its beginning, and writes the
 * header there once everything else is stored. This is an AVIOContext's `seek` for output, for the one position
 * that muxers seek to.
 */
export interface HeaderClaim {
  /**
   * Takes responsibility for the header: the claimant stores the bytes of the stream after it. Call it before
   * the first byte is read: on `'pipe'`.
   */
  claim(): ClaimedHeader
}

/** A claimed header. */
export interface ClaimedHeader {
  /**
   * The header's bytes, once the stream has ended. The file offsets in it are valid only for this length.
   *
   * @param length - the length in bytes, for a sink that has reserved that much space: the header is padded
   * with bytes that its format ignores
   * @throws `AvioError` `AVIO_ERR_HEADER_TOO_LARGE` if it does not fit into `length`, or can't be padded
   */
  bytes(length?: number): Buffer
  /** Gives the claim up, before the stream has begun: the claimant stops reading. */
  release(): void
}

/** Builds the header, with exactly `length` bytes if given. */
export type MakeHeader = (length?: number) => Buffer

/** The producer's side: whether the header is claimed, and its final bytes. */
export class HeaderOffer implements HeaderClaim {
  readonly #stage: string
  #claims = 0
  #make: MakeHeader | undefined

  /** @param stage - the stream's class, for messages */
  constructor(stage: string) {
    this.#stage = stage
  }

  claim(): ClaimedHeader {
    this.#claims++
    let isHeld = true
    return {
      bytes: length => {
        if (this.#make === undefined) throw new Error(`${this.#stage} has no header before it has ended`)
        return this.#make(length)
      },
      release: () => {
        if (isHeld) this.#claims--
        isHeld = false
      },
    }
  }

  /** Everything is delivered: from now on the header can be built. Call it before pushing the end. */
  complete(make: MakeHeader): void {
    this.#make = make
  }

  /** The error if any reader of `stream` has not claimed the header: its bytes alone are not a file. */
  unclaimed(stream: Readable): AvioError | undefined {
    // A pipe adds one listener for 'data'; any other listener, an iterator, or read() sees a body without a
    // header.
    const isEveryReader =
      stream.listenerCount('data') <= this.#claims && stream.listenerCount('readable') === 0
    if (this.#claims > 0 && isEveryReader) return undefined
    return new AvioError(
      'AVIO_ERR_HEADER_UNCLAIMED',
      `${this.#stage} writes its header last. Pipe it directly, with nothing between and no other readers, into ` +
        'S3MultipartWritable or FileWritable; other destinations need layout: "stream".',
    )
  }
}

/**
 * The error of a sink whose claimed header does not belong to its bytes.
 *
 * @param stage - the sink's class
 * @param target - the output that is not stored
 */
export function headerOfAnother(stage: string, target: string): AvioError {
  return new AvioError(
    'AVIO_ERR_HEADER_UNCLAIMED',
    `${target} was not stored: a stream with a deferred header was piped in after other bytes, or unpiped before its ` +
      `end. Pipe one such stream, and nothing else, into ${stage}.`,
  )
}

/** The error of a header that does not fit into the space reserved for it. */
export function headerTooLarge(stage: string, size: number, length: number): AvioError {
  return new AvioError(
    'AVIO_ERR_HEADER_TOO_LARGE',
    `The header from ${stage} has ${size} bytes and does not fit into the ${length} bytes reserved for it (a shorter ` +
      'header needs at least 8 bytes of padding). Raise "headerReserve".',
  )
}
