const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const NOTHING = Buffer.alloc(0)

/**
 * Splits bytes into lines, in any chunking, and passes each on without its line end.
 * It drops everything past `maxLength` bytes of a line, so that a child that never ends its line costs no memory.
 */
export class LineSplitter {
  readonly #maxLength: number
  readonly #onLine: (line: string) => void
  /** The beginning of a line, with room for more. */
  #rest: Buffer = NOTHING
  #length = 0

  /**
   * @param maxLength - the longest line that is passed on in full, in bytes
   * @param onLine - receives each line
   */
  constructor(maxLength: number, onLine: (line: string) => void) {
    this.#maxLength = maxLength
    this.#onLine = onLine
  }

  /**
   * Takes the next bytes.
   *
   * @param next - called after each line with the offset of the next one in `chunk`; returns the offset to continue at
   */
  push(chunk: Buffer, next = (start: number): number => start): void {
    let start = 0
    for (let end; (end = chunk.indexOf(LINE_FEED, start)) !== -1; start = next(end + 1)) {
      // Nearly every line lies within one chunk and needs no copy.
      if (this.#length === 0) {
        this.#emit(chunk.subarray(start, Math.min(end, start + this.#maxLength)))
      } else {
        this.#keep(chunk, start, end)
        this.#flush()
      }
    }
    this.#keep(chunk, start, chunk.length)
  }

  /** Ends the input: a last line without a line end counts as a line. */
  end(): void {
    if (this.#length > 0) this.#flush()
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const length = Math.min(this.#length + end - start, this.#maxLength)
    if (length <= this.#length) return
    // Copy even if nothing is kept yet: a view of a few bytes would retain the whole chunk.
    if (this.#rest.length < length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(2 * length, this.#maxLength))
      this.#rest.copy(grown, 0, 0, this.#length)
      this.#rest = grown
    }
    chunk.copy(this.#rest, this.#length, start, start + length - this.#length)
    this.#length = length
  }

  #flush(): void {
    const line = this.#rest.subarray(0, this.#length)
    this.#rest = NOTHING
    this.#length = 0
    this.#emit(line)
  }

  #emit(line: Buffer): void {
    this.#onLine(line.toString('utf8', 0, line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length))
  }
}
