import { AvioError } from '../../errors.js'
import type { ClaimedHeader } from '../pipeline/header-claim.js'
import type { AtomicFile } from './atomic-file.js'

/** Space for a deferred header. */
export interface HeaderRoom {
  /** How many bytes before the header are kept in memory. */
  readonly headerHoldSize: number
  /** How much is left free at the beginning of the file, in bytes, once there are more. */
  readonly headerReserve: number
}

/**
 * Decides where in the file each byte goes.
 *
 * Without a deferred header, bytes are written as they arrive. With one, which is known only at the end, they
 * are first kept in memory; if all of them are, header and bytes are written at the end, and nothing is ever
 * moved. Once there are more than `headerHoldSize`, they go after a gap of `headerReserve`. At the end the
 * header is written into the gap, padded. If it is longer, or shorter by less than the minimum padding, it is
 * written without padding, and the bytes after it are moved up against it: a second pass over the file, in
 * blocks of 1 MiB.
 */
export class FileWriterLayout {
  readonly #file: AtomicFile
  readonly #head: ClaimedHeader | undefined
  readonly #headerReserve: number
  /** The bytes kept in memory, and their number. Untouched memory takes no room. */
  #held: Buffer | undefined
  #heldSize = 0
  /** Where the next byte that is not held goes. */
  #end = 0

  constructor(
    file: AtomicFile,
    head: ClaimedHeader | undefined,
    { headerHoldSize, headerReserve }: HeaderRoom,
  ) {
    this.#file = file
    this.#head = head
    this.#headerReserve = headerReserve
    if (head) this.#held = Buffer.allocUnsafeSlow(headerHoldSize)
  }

  /** Writes the next bytes. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (this.#held && this.#heldSize + size <= this.#held.length) {
      for (const chunk of chunks) {
        this.#held.set(chunk, this.#heldSize)
        this.#heldSize += chunk.length
      }
      return
    }
    if (this.#held) {
      const held = this.#held.subarray(0, this.#heldSize)
      this.#held = undefined
      this.#end = this.#headerReserve
      await this.#append([held])
    }
    await this.#append(chunks)
  }

  /** Writes the header; resolves with the file's size in bytes. */
  async finish(): Promise<number> {
    if (this.#head === undefined) return this.#end
    if (this.#held) {
      await this.#append([this.#head.bytes(), this.#held.subarray(0, this.#heldSize)])
      return this.#end
    }
    const head = filledUp(this.#head, this.#headerReserve) ?? this.#head.bytes()
    if (head.length !== this.#headerReserve) {
      await this.#file.move(this.#headerReserve, this.#end, head.length)
      this.#end += head.length - this.#headerReserve
    }
    await this.#file.write([head], 0)
    return this.#end
  }

  async #append(chunks: readonly Uint8Array[]): Promise<void> {
    await this.#file.write(chunks, this.#end)
    for (const chunk of chunks) this.#end += chunk.length
  }
}

/** The header with exactly `length` bytes; `undefined` if it can't have that length. */
function filledUp(head: ClaimedHeader, length: number): Buffer | undefined {
  try {
    return head.bytes(length)
  } catch (error) {
    if (error instanceof AvioError && error.code === 'AVIO_ERR_HEADER_TOO_LARGE') return undefined
    throw error
  }
}
