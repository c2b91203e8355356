import type { ServerResponse } from 'node:http'
import { abortError } from '../async/abort-error.js'
import { onAbort } from '../async/abort-listeners.js'
import type { LentRead } from '../lent-read.js'
import type { ResponsePacer } from './response-pacer.js'

/** How to send a body. */
export interface SendOptions {
  readonly pace: ResponsePacer
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
  /** Called with the size of each piece written, in bytes. */
  readonly onBytes: (bytes: number) => void
}

/** What a sender waits for. */
type Wait = 'bytes' | 'pace' | 'drain'

/**
 * Sends the chunks of a read as the body of a response, and gives each back when the socket has written it. It makes no
 * promise for a chunk: it goes on in the callbacks of whatever it had to wait for, the read, the socket, or the pacer.
 */
export class BodySender {
  /**
   * Resolves when the last byte is written to the response; rejects with the error of the read, and with an
   * `AbortError` when the client disconnects.
   */
  readonly sent: Promise<void>
  readonly #reading: LentRead
  readonly #response: ServerResponse
  readonly #options: SendOptions
  /** What is left of the current chunk. */
  #rest: Buffer | undefined
  /** Whether the current chunk, or the next one, is fetched in any case. */
  #isPrepaid = false
  #wait: Wait | undefined
  #isOver = false
  /** Chunks that are not given back: the current one, and those that the socket has still to write. */
  #out = 0
  #settle!: (error?: Error) => void

  constructor(reading: LentRead, response: ServerResponse, options: SendOptions) {
    this.#reading = reading
    this.#response = response
    this.#options = options
    const { signal } = options
    this.sent = new Promise((resolve, reject) => {
      const forget = onAbort(signal, () => this.#settle(abortError(signal)))
      this.#settle = error => {
        if (this.#isOver) return
        this.#isOver = true
        forget()
        response.off('drain', this.#drained)
        if (error === undefined) resolve()
        else reject(error)
      }
    })
    response.on('drain', this.#drained)
    response.once('close', this.#closed)
    if (signal.aborted) this.#settle(abortError(signal))
    this.#send()
  }

  readonly #more = (): void => this.#goOn('bytes')
  readonly #drained = (): void => this.#goOn('drain')
  readonly #paced = (): void => this.#goOn('pace')
  readonly #failed = (error: unknown): void => this.#settle(error as Error)
  /** The socket has written the last piece of a chunk. */
  readonly #written = (): void => {
    if (this.#out === 0) return
    this.#out--
    this.#reading.giveBack()
  }

  /** The connection is closed, or all is written: nothing reads the chunks any more. */
  readonly #closed = (): void => {
    this.#settle(abortError(this.#options.signal))
    while (this.#out > 0) this.#written()
  }

  #goOn(from: Wait): void {
    if (this.#wait !== from) return
    this.#wait = undefined
    this.#send(from === 'pace')
  }

  /** @param isPaced - the pacer has let the next piece through */
  #send(isPaced = false): void {
    try {
      let mayGo = isPaced
      const { pace, onBytes } = this.#options
      while (!this.#isOver) {
        if (this.#rest === undefined) {
          this.#isPrepaid = this.#reading.prepaid > 0
          // Even to ask for the next byte may cost a read of the source.
          if (!mayGo && !this.#reading.isOver && this.#isHeld(1)) return
        }
        const piece = this.#next(pace.pieceSize(this.#isPrepaid))
        if (piece === undefined || (!mayGo && this.#isHeld(piece.length))) return
        mayGo = false
        const rest = this.#rest!
        const isLast = piece.length === rest.length
        this.#rest = isLast ? undefined : rest.subarray(piece.length)
        const isDrained = this.#response.write(piece, isLast ? this.#written : undefined)
        pace.sent(piece.length)
        onBytes(piece.length)
        if (isDrained) continue
        this.#wait = 'drain'
        return
      }
    } catch (error) {
      this.#settle(error as Error)
    }
  }

  /** Whether so many bytes have to wait for the pacer; if so, this goes on when they need not. */
  #isHeld(bytes: number): boolean {
    const { pace, signal } = this.#options
    if (pace.allows(bytes, this.#isPrepaid)) return false
    this.#wait = 'pace'
    pace.ready(bytes, signal, this.#isPrepaid).then(this.#paced, this.#failed)
    return true
  }

  /** The next piece, of at most `most` bytes; `undefined` while there is none, and at the end. */
  #next(most: number): Buffer | undefined {
    if (this.#rest === undefined) {
      this.#rest = this.#reading.take(most)
      if (this.#rest !== undefined) this.#out++
    }
    if (this.#rest !== undefined) return this.#rest.length <= most ? this.#rest : this.#rest.subarray(0, most)
    if (this.#reading.isOver) this.#settle()
    else {
      this.#wait = 'bytes'
      this.#reading.onMore(this.#more)
    }
    return undefined
  }
}
