import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type AddressInfo, type Socket } from 'node:net'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { parseRange } from './ranges.js'

/** Serves one file by ranges at full speed, like a presigned URL, and counts the bytes sent. */
export class PlainServer {
  requests = 0
  readonly #sockets = new Set<Socket>()
  #closedBytes = 0

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  /** Bytes accepted by the system's network stack, including headers. */
  get bytes(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.bytesWritten, this.#closedBytes)
  }

  static async start(path: string): Promise<PlainServer> {
    const { size } = await stat(path)
    const http = createServer((request, response) => {
      server.requests++
      const range = parseRange(request.headers.range, size)
      response.writeHead(range.partial ? 206 : 200, {
        'accept-ranges': 'bytes',
        'content-length': range.end - range.start,
        ...(range.partial && { 'content-range': `bytes ${range.start}-${range.end - 1}/${size}` }),
      })
      const body = createReadStream(path, { start: range.start, end: range.end - 1, highWaterMark: 1 << 18 })
      pipeline(body, response).catch(() => undefined)
    })
    http.on('connection', (socket: Socket) => server.#count(socket))
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    const server = new PlainServer(`http://127.0.0.1:${port}/media`, async () => {
      http.closeAllConnections()
      await new Promise(resolve => http.close(resolve))
    })
    return server
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#closedBytes += socket.bytesWritten
    })
  }
}
