import { ServiceError } from './service-error.js'

/**
 * The `aws-chunked` content encoding: a body framed to carry signatures and trailers.
 *
 *     SIZE-IN-HEX[;chunk-signature=…]\r\n  SIZE bytes  \r\n   … repeated, the last of size 0 …
 *     name:value\r\n  …                                       trailers, if the request announced them
 *     \r\n
 *
 * The decoder accepts chunks cut at any byte and passes the bytes inside on as slices, never copies. Lines are
 * collected up to a limit, so that a body without line ends cannot exhaust memory.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */

const MAX_LINE_BYTES = 8192
/** Minimum size of every chunk except the last, in bytes. */
const MIN_CHUNK_BYTES = 8192

/** Receives the contents of the framing. */
export interface ChunkedListener {
  /** Bytes of the body. */
  data(bytes: Buffer): void
  /** The end of a chunk (also of the last, empty one), with its `chunk-signature`. */
  chunkEnd(signature: string | undefined): void
}

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'done'

/** Removes the framing of an `aws-chunked` body. */
export class AwsChunkedDecoder {
  /** The trailers, by names in lower case, in order; complete once {@link end} has returned. */
  readonly trailers = new Map<string, string>()
  readonly #listener: ChunkedListener
  #state: State = 'size'
  #line = ''
  #remaining = 0
  #sawShortChunk = false
  #signature: string | undefined

  constructor(listener: ChunkedListener) {
    this.#listener = listener
  }

  /** Decodes the next bytes as received. Throws `IncompleteBody` or `InvalidChunkSizeError`. */
  write(chunk: Buffer): void {
    let position = 0
    while (position < chunk.length) {
      if (this.#state === 'done') throw framingError('bytes follow the end of the body')
      if (this.#state === 'data') {
        const end = Math.min(chunk.length, position + this.#remaining)
        this.#listener.data(chunk.subarray(position, end))
        this.#remaining -= end - position
        position = end
        if (this.#remaining === 0) this.#state = 'data-end'
        continue
      }
      const newline = chunk.indexOf(0x0a, position)
      const end = newline < 0 ? chunk.length : newline + 1
      this.#line += chunk.toString('latin1', position, end)
      if (this.#line.length > MAX_LINE_BYTES) throw framingError('a line is too long')
      position = end
      if (newline >= 0) this.#endLine()
    }
  }

  /** Ends the input. Throws `IncompleteBody` if the framing is incomplete. */
  end(): void {
    // Some clients omit the empty line after the last chunk, or the line end after a trailer.
    if (this.#state === 'trailer' && this.#line !== '') this.#endLine()
    if (this.#state !== 'done' && this.#state !== 'trailer') throw framingError('the last chunk is missing')
  }

  #endLine(): void {
    const line = this.#line.replace(/\r?\n$/, '')
    this.#line = ''
    if (this.#state === 'size') this.#beginChunk(line)
    else if (this.#state === 'trailer') this.#takeTrailer(line)
    else if (line !== '') throw framingError('a chunk is longer than its size says')
    else this.#endChunk()
  }

  #beginChunk(line: string): void {
    const match = /^([0-9a-f]{1,13})\s*(?:;\s*chunk-signature=([0-9a-f]+))?$/i.exec(line)
    if (!match) throw framingError('a chunk has no size')
    this.#remaining = parseInt(match[1]!, 16)
    this.#signature = match[2]
    if (this.#remaining === 0) {
      this.#listener.chunkEnd(this.#signature)
      this.#state = 'trailer'
      return
    }
    if (this.#sawShortChunk) throw new ServiceError('InvalidChunkSizeError')
    this.#sawShortChunk = this.#remaining < MIN_CHUNK_BYTES
    this.#state = 'data'
  }

  #endChunk(): void {
    this.#listener.chunkEnd(this.#signature)
    this.#state = 'size'
  }

  #takeTrailer(line: string): void {
    if (line === '') {
      this.#state = 'done'
      return
    }
    const colon = line.indexOf(':')
    if (colon < 1) throw framingError('a trailer has no value')
    this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
}

function framingError(reason: string): ServiceError {
  return new ServiceError('IncompleteBody', { message: `The aws-chunked framing is broken: ${reason}.` })
}
