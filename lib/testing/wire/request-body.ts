import type { IncomingMessage } from 'node:http'

/** The client closed the connection before the exchange was over: there is nobody to respond to. */
export class ClientGone extends Error {
  constructor() {
    super('The client closed the connection')
    this.name = 'ClientGone'
  }
}

/** Watches an incoming body; may hold it back or cut it off. */
export interface BodyWatcher {
  /** The body is wanted: the moment for `100 Continue`. */
  begin(): void
  /** Bytes arrived. A promise holds the next ones back. May throw to cut the body off. */
  received(bytes: number): Promise<void> | undefined
}

/** A request's body, read chunk by chunk, never collected. */
export class RequestBody {
  readonly #message: IncomingMessage
  readonly #watcher: BodyWatcher
  #begun = false

  constructor(message: IncomingMessage, watcher: BodyWatcher) {
    this.#message = message
    this.#watcher = watcher
  }

  /** Whether reading has started. */
  get begun(): boolean {
    return this.#begun
  }

  /**
   * Passes every chunk to `take`, one at a time, and waits for its promises. Rejects with the error that `take` throws
   * (discard the rest of the body then) or with {@link ClientGone}.
   */
  consume(take: (chunk: Buffer) => Promise<void> | undefined): Promise<void> {
    const message = this.#message
    this.#begin()
    return new Promise((resolve, reject) => {
      // The end may arrive during the last `take`, and 'close' follows every end.
      let taking: Promise<unknown> = Promise.resolve()
      const settle = (error?: Error) => {
        message.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
        message.pause()
        if (error) reject(error)
        else resolve()
      }
      const onEnd = () => {
        message.off('error', onGone).off('close', onGone)
        taking.then(() => settle(), settle)
      }
      const onGone = () => settle(new ClientGone())
      const onData = (chunk: Buffer) => {
        try {
          const waits = [this.#watcher.received(chunk.length), take(chunk)].filter(wait => wait !== undefined)
          if (waits.length === 0) return
          message.pause()
          taking = Promise.all(waits)
          taking.then(() => message.resume(), settle)
        } catch (error) {
          settle(error as Error)
        }
      }
      if (message.readableEnded) {
        resolve()
        return
      }
      if (message.destroyed) {
        reject(new ClientGone())
        return
      }
      message.on('error', onGone).on('close', onGone).on('end', onEnd).on('data', onData)
      message.resume()
    })
  }

  /** Reads and discards the rest, so that the client gets to read the response. */
  async discard(): Promise<void> {
    if (this.#message.readableEnded) return
    await this.consume(() => undefined)
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#watcher.begin()
  }
}
