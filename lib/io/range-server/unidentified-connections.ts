import type { Socket } from 'node:net'
import { StallTimer } from '../async/stall-timer.js'

/** Most connections that may be open without having said who they are. */
const MOST = 64
/** How long one may take to say it, in milliseconds. */
const TIMEOUT = 10_000

/**
 * The connections of a server that have not said yet who they are. Any user of the machine can make some hundred of
 * them; they must neither keep out the one client that is wanted nor cost more than a bounded number of descriptors.
 *
 * So nobody is turned away at the door. When there are too many, the oldest are dropped, and only those that have had
 * the time to be heard: two turns of the event loop, since all that are waiting are accepted in one turn, before a
 * byte of any of them is read. The wanted client sends its request as soon as it is connected.
 */
export class UnidentifiedConnections {
  readonly #waiting = new Map<Socket, StallTimer>()
  #isThinning = false

  /** How many there are. */
  get count(): number {
    return this.#waiting.size
  }

  /** Somebody has come. */
  add(socket: Socket): void {
    const drop = () => this.#drop(socket)
    this.#waiting.set(socket, new StallTimer(TIMEOUT, drop))
    socket.once('close', () => this.welcome(socket))
    this.#thin()
  }

  /** It is no stranger any more, or is gone. */
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
