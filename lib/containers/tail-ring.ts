/** Keeps the last bytes of a stream. Memory: twice `length`. */
export class TailRing {
  readonly #length: number
  readonly #bytes: Buffer
  #filled = 0

  /** @param length - number of bytes to keep */
  constructor(length: number) {
    this.#length = length
    this.#bytes = Buffer.allocUnsafeSlow(2 * length)
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer): void {
    const kept = chunk.length > this.#length ? chunk.subarray(chunk.length - this.#length) : chunk
    if (this.#filled + kept.length > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#filled - this.#length, this.#filled)
      this.#filled = this.#length
    }
    kept.copy(this.#bytes, this.#filled)
    this.#filled += kept.length
  }

  /** The last `length` bytes, or all of a shorter stream. */
  get bytes(): Buffer {
    return this.#bytes.subarray(Math.max(0, this.#filled - this.#length), this.#filled)
  }
}
