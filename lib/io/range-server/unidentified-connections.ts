import type { Socket } from 'node:net'
import { StallTimer } from '../async/stall-timer.js'

/** Most open connections that have not identified themselves. */
const MOST = 64
/** How long one may take to identify itself, in milliseconds. */
const TIMEOUT = 10_000

/**
 * Connections to a server that have not identified themselves yet. Any user of the machine can open hundreds;
 * they must neither keep out the one wanted client nor cost more than a bounded number of descriptors.
 *
 * So no connection is refused. When there are too many, the oldest are dropped, and only those that have had
 * time to be read: two turns of the event loop, because all waiting connections are accepted in one turn,
 * before a byte of any of them is read. The wanted client sends its request as soon as it is connected.
 */
export class UnidentifiedConnections {
  readonly #waiting = new Map<Socket, StallTimer>()
  #isThinning = false

  /** Number of connections. */
  get count(): number {
    return this.#waiting.size
  }

  /** A new connection. */
  add(socket: Socket): void {
    const drop = () => this.#drop(socket)
    this.#waiting.set(socket, new StallTimer(TIMEOUT, drop))
    socket.once('close', () => this.welcome(socket))
    this.#thin()
  }

  /** The connection has identified itself, or is closed. */
  welcome(socket: Socket): void {
    this.#waiting.get(socket)?.stop()
    this.#waiting.delete(socket)
  }

  #thin(): void {
    if (this.#isThinning || this.#waiting.size <= MOST) return
    this.#isThinning = true
    const oldest = [...this.#waiting.keys()]
    setImmediate(() =>
      setImmediate(() => {
        this.#isThinning = false
        for (const socket of oldest) {
          if (this.#waiting.size <= MOST) return
          this.#drop(socket)
        }
        this.#thin()
      }),
    )
  }

  #drop(socket: Socket): void {
    if (!this.#waiting.has(socket)) return
    this.welcome(socket)
    socket.destroy()
  }
}
