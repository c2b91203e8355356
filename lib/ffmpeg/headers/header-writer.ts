import { AvioError } from '../../errors.js'
import { MiB, show } from '../../options.js'

/** How to read a header that arrives in parts. */
export interface HeaderWriterSettings {
  /** The stage that builds the header, for messages. */
  readonly stage: string
  /**
   * The length of the header, as far as its beginning, `bytes`, shows. It is called again once that many bytes are
   * available; the header is complete when the result is no more than the available bytes.
   *
   * @throws if this is no such header
   */
  readonly measure: (bytes: Buffer) => number
  /** The longest supported header, in bytes. */
  readonly limit?: number
}

/** Keeps the first bytes of a stream until its header is complete. */
export class HeaderWriter {
  readonly #settings: Required<HeaderWriterSettings>
  #chunks: Buffer[] = []
  #size = 0
  #wanted = 1
  #bytes: Buffer | undefined

  constructor(settings: HeaderWriterSettings) {
    this.#settings = { limit: MiB, ...settings }
  }

  /** The complete header. */
  get bytes(): Buffer {
    return this.end()
  }

  /** Ends the stream. Throws if the header is incomplete. */
  end(): Buffer {
    if (this.#bytes === undefined) throw headerInvalid(this.#settings.stage, 'it ended within its header')
    return this.#bytes
  }

  /** Takes the next bytes of the stream; returns those after the header, possibly none. */
  take(chunk: Buffer): Buffer {
    if (this.#bytes !== undefined) return chunk
    this.#chunks.push(chunk)
    this.#size += chunk.length
    while (this.#size >= this.#wanted) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      this.#chunks = [bytes]
      const { stage, measure, limit } = this.#settings
      const length = measure(bytes)
      if (length > limit) {
        throw headerInvalid(stage, `its header is longer than the limit of ${limit} bytes`)
      }
      if (length <= this.#size) {
        // Copied, so that it does not retain the whole chunk.
        this.#bytes = Buffer.from(bytes.subarray(0, length))
        this.#chunks = []
        return bytes.subarray(length)
      }
      this.#wanted = length
    }
    return Buffer.alloc(0)
  }
}

/** The error for a stream in another format than the header's. */
export function headerInvalid(stage: string, why: string): AvioError {
  return new AvioError(
    'AVIO_ERR_HEADER_INVALID',
    `${stage} can't build the header of this stream: ${why}. Pipe in the output of ffmpeg to a pipe in that format.`,
  )
}

/** Throws unless `bytes` has `word`, in Latin-1, at `place`. */
export function expectWord(stage: string, bytes: Buffer, word: string, place = 0): void {
  const got = bytes.toString('latin1', place, place + word.length)
  if (got !== word) {
    throw headerInvalid(stage, `it has ${show(got)} instead of ${show(word)} at byte ${place}`)
  }
}
