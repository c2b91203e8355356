import type { Socket } from 'node:net'

interface Connection {
  readonly socket: Socket
  /** From 1, in the order in which they were opened. */
  readonly number: number
}

/**
 * The open connections of a server. What a request comes on may be a TLS layer over the socket, which cannot be
 * reset; the two have the client's port in common, so that is what they are found by.
 */
export class Connections {
  readonly #byPort = new Map<number | undefined, Connection>()
  #last = 0

  /** How many are open. */
  get size(): number {
    return this.#byPort.size
  }

  /** Enters a connection until it is closed. */
  add(socket: Socket): void {
    const port = socket.remotePort
    const connection = { socket, number: ++this.#last }
    this.#byPort.set(port, connection)
    socket.once('close', () => {
      if (this.#byPort.get(port) === connection) this.#byPort.delete(port)
    })
  }

  /** The number of the connection that `layer` belongs to. */
  numberOf(layer: Socket): number {
    return this.#byPort.get(layer.remotePort)?.number ?? 0
  }

  /** Resets the connection that `layer` belongs to. */
  reset(layer: Socket): void {
    this.#byPort.get(layer.remotePort)?.socket.resetAndDestroy()
  }

  /** Ends them all at once. */
  destroy(): void {
    for (const { socket } of this.#byPort.values()) socket.destroy()
  }
}
