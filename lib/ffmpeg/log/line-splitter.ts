const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const NOTHING = Buffer.alloc(0)

/**
 * Cuts bytes into lines, however they arrive, and hands each on without its line end.
 * What goes past `maxLength` bytes of a line is dropped, so that a child which never ends its line costs no memory.
 */
export class LineSplitter {
  readonly #maxLength: number
  readonly #onLine: (line: string) => void
  /** The beginning of a line, with room for more of it. */
  #rest: Buffer = NOTHING
  #length = 0

  /**
   * @param maxLength - the longest line that is handed on whole, in bytes
   * @param onLine - gets each line
   */
  constructor(maxLength: number, onLine: (line: string) => void) {
    this.#maxLength = maxLength
    this.#onLine = onLine
  }

  /**
   * Takes the next bytes.
   *
   * @param next - gets where in `chunk` the next line begins, behind each; gives where the next one does that is wanted
   */
  push(chunk: Buffer, next = (start: number): number => start): void {
    let start = 0
    for (let end; (end = chunk.indexOf(LINE_FEED, start)) !== -1; start = next(end + 1)) {
      // A line that lies within one chunk, as nearly all do, is not copied.
      if (this.#length === 0) {
        this.#emit(chunk.subarray(start, Math.min(end, start + this.#maxLength)))
      } else {
        this.#keep(chunk, start, end)
        this.#flush()
      }
    }
    this.#keep(chunk, start, chunk.length)
  }

  /** The bytes are over: a last line without a line end counts as one. */
  end(): void {
    if (this.#length > 0) this.#flush()
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const length = Math.min(this.#length + end - start, this.#maxLength)
    if (length <= this.#length) return
    // A copy also where nothing is kept yet: a view of a few bytes would hold on to the whole chunk.
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
