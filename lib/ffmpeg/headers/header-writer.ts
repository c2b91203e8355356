import { AvioError } from '../../errors.js'
import { MiB, show } from '../../options.js'

/** What is known of a header that has come in part. */
export interface HeaderWriterSettings {
  /** The stage that makes the head, for messages. */
  readonly stage: string
  /**
   * How long the header is, as far as `bytes`, its beginning, can tell. It is asked again when that many bytes are
   * there, and whole when it asks for no more than there are.
   *
   * @throws where this is no such header
   */
  readonly measure: (bytes: Buffer) => number
  /** The longest header that is kept, in bytes. */
  readonly limit?: number
}

/** The first bytes of a stream, kept until its header is whole. */
export class HeaderWriter {
  readonly #settings: Required<HeaderWriterSettings>
  #chunks: Buffer[] = []
  #size = 0
  #wanted = 1
  #bytes: Buffer | undefined

  constructor(settings: HeaderWriterSettings) {
    this.#settings = { limit: MiB, ...settings }
  }

  /** The whole header. */
  get bytes(): Buffer {
    return this.end()
  }

  /** The stream has ended. Fails where the header is not whole. */
  end(): Buffer {
    if (this.#bytes === undefined) throw headerInvalid(this.#settings.stage, 'it ended within its header')
    return this.#bytes
  }

  /** Takes the next bytes of the stream; gives what comes behind the header, which may be empty. */
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
        throw headerInvalid(stage, `its header has more than the ${limit} bytes that are kept in memory`)
      }
      if (length <= this.#size) {
        // Copied, so that it does not hold on to all that came with it.
        this.#bytes = Buffer.from(bytes.subarray(0, length))
        this.#chunks = []
        return bytes.subarray(length)
      }
      this.#wanted = length
    }
    return Buffer.alloc(0)
  }
}

/** The error of a stream that is not of the format whose head was to be made. */
export function headerInvalid(stage: string, why: string): AvioError {
  return new AvioError(
    'AVIO_ERR_HEADER_INVALID',
    `${stage} can't make the head of this stream: ${why}. It has to be what ffmpeg writes to a pipe in that format.`,
  )
}

/** Fails unless `bytes` has `word`, in Latin-1, at `place`. */
export function expectWord(stage: string, bytes: Buffer, word: string, place = 0): void {
  const got = bytes.toString('latin1', place, place + word.length)
  if (got !== word) {
    throw headerInvalid(stage, `it has ${show(got)} where the format has ${show(word)}, at byte ${place}`)
  }
}
