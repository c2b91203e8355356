import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** The page's files: path, type, file. hls.js comes from node_modules, so that the page works without a network. */
const FILES = new Map([
  ['/', ['text/html; charset=utf-8', fileURLToPath(new URL('player.html', import.meta.url))]],
  ['/hls.js', ['text/javascript', createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js')]],
] as const)

/** A page on loopback that plays an HLS presentation with hls.js; `port` 0 takes any free port. */
export class PlayerPage {
  private constructor(
    readonly url: string,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  /** @param playlist - the URL of the multivariant playlist; its store has to allow cross-origin reads */
  static async start(playlist: string, port = 0): Promise<PlayerPage> {
    const server = createServer((request, response) => {
      const file = FILES.get(new URL(request.url ?? '', 'http://page').pathname as '/')
      if (file === undefined) {
        response.writeHead(404).end()
        return
      }
      const [type, path] = file
      response.setHeader('content-type', type)
      createReadStream(path).pipe(response)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const taken = (server.address() as AddressInfo).port
    return new PlayerPage(`http://127.0.0.1:${taken}/?src=${encodeURIComponent(playlist)}`, server)
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }
}
