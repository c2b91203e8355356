import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { type RequestListener, type ServerResponse, createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** hls.js comes from node_modules, so that the page works without a network. */
const HLS_JS = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js')

/** What a page shows. */
interface PageContent {
  /** Its file beside this one. @defaultValue the page that plays HLS */
  readonly html?: 'player.html' | 'split.html'
  /** What it finds under `/data.json`. */
  readonly data?: unknown
  /** What serves everything below a path: `/board`. */
  readonly below?: Readonly<Record<string, RequestListener>>
}

/** A page on loopback that plays an HLS presentation with hls.js, or a file; `port` 0 takes any free port. */
export class PlayerPage {
  private constructor(
    readonly url: string,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  /** @param source - the URL of the multivariant playlist, whose store has to allow cross-origin reads, or of the file */
  static async start(
    source: string,
    port = 0,
    { html = 'player.html', data, below = {} }: PageContent = {},
  ): Promise<PlayerPage> {
    const page = fileURLToPath(new URL(html, import.meta.url))
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://page')
      const other = Object.entries(below).find(([path]) => `${pathname}/`.startsWith(`${path}/`))
      if (other !== undefined) {
        other[1](request, response)
        return
      }
      switch (pathname) {
        case '/':
          sendFile(response, 'text/html; charset=utf-8', page)
          break
        case '/hls.js':
          sendFile(response, 'text/javascript', HLS_JS)
          break
        case '/data.json':
          response.setHeader('content-type', 'application/json').end(JSON.stringify(data ?? null))
          break
        default:
          response.writeHead(404).end()
      }
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const taken = (server.address() as AddressInfo).port
    return new PlayerPage(`http://127.0.0.1:${taken}/?src=${encodeURIComponent(source)}`, server)
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }
}

function sendFile(response: ServerResponse, type: string, path: string): void {
  response.setHeader('content-type', type)
  createReadStream(path).pipe(response)
}
