import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { RangeBuffer } from '../../io/fetch/range-buffer.js'
import { KiB } from '../../options.js'

const GIVEN_UP = 'The body was abandoned'

/**
 * The body of a response of known length. It works as an ordinary stream; the library itself reads it {@link into} a
 * buffer.
 */
export class DirectBody extends Readable {
  #left: number
  readonly #socket: Socket
  readonly #onOver: (isComplete: boolean) => void
  /** Bytes that arrived with the header, before a destination is known. */
  #early: Buffer | undefined
  #isOver = false
  #isWanted = false
  #sink: RangeBuffer | undefined
  #onBytes: (bytes: number) => void = () => undefined
  #settle: (error?: Error) => void = () => undefined

  /** @param onOver - called once: with the last byte, or when the body is abandoned */
  constructor(length: number, socket: Socket, onOver: (isComplete: boolean) => void) {
    super({ highWaterMark: 64 * KiB })
    // It may break before anyone reads it; the reader gets the error then.
    this.on('error', () => undefined)
    this.#left = length
    this.#socket = socket
    this.#onOver = onOver
  }

  /** Where to read the next bytes to; `undefined` without a destination. */
  get space(): Buffer | undefined {
    return this.#sink?.space().subarray(0, this.#left)
  }

  /**
   * Reads the body into `sink`, to its end; rejects if it breaks off or does not fit.
   *
   * @param onBytes - called whenever bytes arrive, with their number
   * @param end - one past the last byte of `sink` to fill
   */
  into(sink: RangeBuffer, onBytes: (bytes: number) => void, end = sink.end): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.destroyed) {
        reject(this.errored ?? new Error(GIVEN_UP))
        return
      }
      this.#settle = error => (error ? reject(error) : resolve())
      if (end - sink.received !== this.#left) {
        this.destroy(
          new RangeError(`A body of ${this.#left} bytes does not match the length of the requested range`),
        )
        return
      }
      this.#sink = sink
      this.#onBytes = onBytes
      this.#isWanted = true
      this.#flush()
    })
  }

  /** Accepts `length` bytes read into {@link space}; returns whether to continue reading. */
  filled(length: number): boolean {
    this.#left -= length
    this.#onBytes(length)
    this.#sink!.filled(length)
    return this.#goOn()
  }

  /** Accepts bytes from a buffer that will be overwritten; returns whether to continue reading. */
  copy(bytes: Buffer): boolean {
    if (bytes.length > this.#left) {
      this.destroy(new Error('The body is longer than announced'))
      return false
    }
    if (!this.#isWanted) {
      this.#early = Buffer.concat([this.#early ?? Buffer.alloc(0), bytes])
      return false
    }
    this.#left -= bytes.length
    this.#onBytes(bytes.length)
    if (this.#sink) this.#sink.write(bytes)
    else this.#isWanted = this.push(Buffer.from(bytes))
    return this.#goOn()
  }

  /** The connection is gone. */
  fail(error: Error): void {
    this.#isOver = true
    this.destroy(error)
  }

  /** @internal */
  override _read(): void {
    if (this.#sink || this.#isWanted) return
    this.#isWanted = true
    this.#flush()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#over(false)
    this.#settle(error ?? new Error(GIVEN_UP))
    callback(error)
  }

  /** Delivers the early bytes, and resumes the connection. */
  #flush(): void {
    const early = this.#early
    this.#early = undefined
    const readsOn = early === undefined || this.copy(early)
    if (readsOn) this.#socket.resume()
  }

  /** Ends after the last byte; returns whether to continue reading. */
  #goOn(): boolean {
    if (this.#left > 0) return this.#isWanted
    if (this.#sink === undefined) this.push(null)
    this.#over(true)
    this.#settle()
    return true
  }

  #over(isComplete: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onOver(isComplete)
  }
}
