import type { Readable } from 'node:stream'
import { AvioError } from '../../errors.js'

/**
 * A head that is known only at the end: the index of an ordinary MP4, the sizes in a WAV's header.
 *
 * Who makes such a stream delivers what comes behind the head, and offers the head by its link. A sink that can write
 * its first bytes last *claims* it when it is piped into: it keeps room at its beginning, and puts the head there
 * when everything else is stored. This is `seek` on the output of an AVIOContext, for the one place that muxers seek to.
 */
export interface HeaderClaim {
  /**
   * Takes charge of the head. Whoever does, stores the bytes of the stream behind it.
   * To be called before the first byte is read: when `'pipe'` comes.
   */
  claim(): ClaimedHeader
}

/** A head that is claimed. */
export interface ClaimedHeader {
  /**
   * The head's bytes, once the stream has ended. What it says of places in the file holds for exactly this length.
   *
   * @param length - how long it is to be, in bytes, for a sink that has kept that much room: it is filled up with
   * padding that its format skips
   * @throws `AvioError` `AVIO_ERR_HEADER_TOO_LARGE` where it does not fit into `length`, or can't be filled up
   */
  bytes(length?: number): Buffer
  /** Gives it back, before the stream has begun: the claimant does not read on. */
  release(): void
}

/** Makes the head, of exactly `length` bytes where that is given. */
export type MakeHeader = (length?: number) => Buffer

/** The side of the stream that has the head: who claims it, and what it is in the end. */
export class HeaderOffer implements HeaderClaim {
  readonly #stage: string
  #claims = 0
  #make: MakeHeader | undefined

  /** @param stage - whose head it is, for messages */
  constructor(stage: string) {
    this.#stage = stage
  }

  claim(): ClaimedHeader {
    this.#claims++
    let isHeld = true
    return {
      bytes: length => {
        if (this.#make === undefined) throw new Error(`${this.#stage} has no head before it has ended`)
        return this.#make(length)
      },
      release: () => {
        if (isHeld) this.#claims--
        isHeld = false
      },
    }
  }

  /** All was delivered: from now on the head can be made. To be called before the end is pushed. */
  complete(make: MakeHeader): void {
    this.#make = make
  }

  /** The error where not everyone who reads `stream` has claimed the head: its bytes alone are no file. */
  unclaimed(stream: Readable): AvioError | undefined {
    // A pipe holds one listener for 'data'; any other listener, an iterator, or read() sees a body without a head.
    const isEveryReader =
      stream.listenerCount('data') <= this.#claims && stream.listenerCount('readable') === 0
    if (this.#claims > 0 && isEveryReader) return undefined
    return new AvioError(
      'AVIO_ERR_HEADER_UNCLAIMED',
      `${this.#stage} makes a file whose head exists only at its end, and not everything that reads it can write its ` +
        'first bytes last. Pipe it straight into an S3MultipartWritable or a FileWritable (every reader has to be ' +
        'one), with nothing between; for any other sink use the layout "stream".',
    )
  }
}

/**
 * The error of a sink whose claimed head is not the one of the bytes it has.
 *
 * @param stage - the sink's class
 * @param target - what is not stored
 */
export function headerOfAnother(stage: string, target: string): AvioError {
  return new AvioError(
    'AVIO_ERR_HEADER_UNCLAIMED',
    `${target} was not stored: a stream with a head was piped in after other bytes, or taken away before its end. ` +
      `Pipe one such stream, and nothing else, into ${stage}.`,
  )
}

/** The error of a head that does not fit into the room that was kept for it. */
export function headerTooLarge(stage: string, size: number, length: number): AvioError {
  return new AvioError(
    'AVIO_ERR_HEADER_TOO_LARGE',
    `The head that ${stage} made has ${size} bytes and does not fit into the ${length} that were kept for it, with ` +
      'padding of at least 8 bytes where it is shorter. Raise "headerReserve".',
  )
}
