import type { Socket } from 'node:net'

interface Connection {
  readonly socket: Socket
  /** From 1, in order of opening. */
  readonly number: number
}

/**
 * The open connections of a server. A request may arrive on a TLS layer over the socket, which cannot be reset; both
 * share the client's port, which identifies them.
 */
export class Connections {
  readonly #byPort = new Map<number | undefined, Connection>()
  #last = 0

  /** Number of open connections. */
  get size(): number {
    return this.#byPort.size
  }

  /** Registers a connection until it closes. */
  add(socket: Socket): void {
    const port = socket.remotePort
    const connection = { socket, number: ++this.#last }
    this.#byPort.set(port, connection)
    socket.once('close', () => {
      if (this.#byPort.get(port) === connection) this.#byPort.delete(port)
    })
  }

  /** The number of the connection under `layer`. */
  numberOf(layer: Socket): number {
    return this.#byPort.get(layer.remotePort)?.number ?? 0
  }

  /** Resets the connection under `layer`. */
  reset(layer: Socket): void {
    this.#byPort.get(layer.remotePort)?.socket.resetAndDestroy()
  }

  /** Closes all connections at once. */
  destroy(): void {
    for (const { socket } of this.#byPort.values()) socket.destroy()
  }
}
