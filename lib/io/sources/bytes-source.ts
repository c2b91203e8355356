import type { Readable } from 'node:stream'
import { types } from 'node:util'
import { knownOptions, optionError, optionsObject } from '../../options.js'
import { abortError } from '../async/abort-error.js'
import { MemoryPieces } from '../memory-pieces.js'
import { markOwn } from '../own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../random-access.js'
import { copyInto } from '../read-into.js'
import { refuseAsStream } from './not-a-stream.js'
import { BLOCK_SIZE } from '../memory/block-pool.js'
import { checkRange } from '../check-range.js'
import { type ReadStreamOptions, SourceReadable } from './source-readable.js'

/** Options of {@link BytesSource}. */
export interface BytesSourceOptions {
  /** The bytes; a `Buffer` is a `Uint8Array`. */
  bytes: Uint8Array
}

/**
 * Bytes in memory with random access.
 *
 * - *No copy.* Chunks are slices of the given bytes, of at most 256 KiB: writing to a chunk writes to them, and
 *   they must not change while they are read. Nothing else pins their version.
 * - *Memory.* The given bytes, and nothing more.
 *
 * @example
 * ```ts
 * const clip = new BytesSource({ bytes: await readFile('clip.mp4') })
 * for await (const chunk of clip.read(4, 8)) console.log(chunk.toString()) // ftyp
 * ```
 */
export class BytesSource implements RandomAccess {
  static {
    refuseAsStream(this, 'BytesSource')
  }
  readonly #bytes: Buffer

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: BytesSourceOptions) {
    knownOptions(optionsObject(options, 'BytesSource', 'bytes'), 'BytesSource', ['bytes'])
    const { bytes } = options
    if (!types.isUint8Array(bytes)) throw optionError('bytes', 'a Uint8Array', bytes)
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (new.target === BytesSource) markOwn(this)
  }

  /** Its name in errors: bytes have no name of their own. */
  get name(): string {
    return 'BytesSource'
  }

  /** The number of bytes. */
  size(signal?: AbortSignal): Promise<number> {
    return signal?.aborted ? Promise.reject(abortError(signal)) : Promise.resolve(this.#bytes.length)
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order. It throws `AVIO_ERR_SOURCE_RANGE` before
   * the first chunk if `end` is past the last byte, or before `start`.
   */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    checkRange(start, end, await this.size(signal), 'the bytes in memory')
    for (let position = start; position < end; position += BLOCK_SIZE) {
      if (signal?.aborted) throw abortError(signal)
      yield this.#bytes.subarray(position, Math.min(position + BLOCK_SIZE, end))
    }
  }

  /**
   * Copies the bytes from `start` on into `memory`, until it is full; rejects with the errors of
   * {@link BytesSource.read}.
   */
  async readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    options: ReadIntoOptions = {},
  ): Promise<void> {
    const pieces = new MemoryPieces(memory)
    await copyInto(this.read(start, start + pieces.length, options.signal), start, pieces, options)
  }

  /**
   * The bytes as a stream, or a part of it: for `pipeline()`, which takes no source.
   * Nothing is opened before the first read; a stage that has to seek is offered random access to the same bytes.
   *
   * @throws {@link OptionError} for an option that breaks its rule
   */
  createReadStream(options: ReadStreamOptions = {}): Readable {
    return new SourceReadable(this, options)
  }
}
