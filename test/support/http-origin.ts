import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { ByteRange } from '../../lib/io/byte-range.js'

/** Replaces a normal response to one request; `range` is the requested range. */
export type Fault = (response: ServerResponse, range: ByteRange, request: IncomingMessage) => void

/** An HTTP server of one source, with support for ranges. */
export interface HttpOrigin {
  /** The URL, with a secret in its query. */
  readonly url: string
  /** Every request: `GET bytes=0-9`, or `GET whole` without a range. */
  readonly log: string[]
  /** The headers of every request. */
  readonly headers: IncomingMessage['headers'][]
  /** The bytes, which a test may replace. */
  bytes: Buffer
  /** Additional headers of every normal response. */
  validators: Record<string, string>
  /** One entry for each coming request; `undefined` for a normal response. */
  faults: (Fault | undefined)[]
}

/** The secret, which no error may contain. */
export const SECRET = 'sesame'

/** Starts a server, which is closed after the test. */
export async function httpSource(
  t: Test,
  bytes: Buffer,
  ...faults: HttpOrigin['faults']
): Promise<HttpOrigin> {
  const server = createServer((request, response) => {
    const { range = 'whole' } = request.headers
    source.log.push(`${request.method ?? ''} ${range}`)
    source.headers.push(request.headers)
    const fault = source.faults.shift() ?? answer(source)
    fault(response, asked(range, source.bytes.length), request)
  }).listen(0, '127.0.0.1')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/media/talk.mov?X-Amz-Signature=${SECRET}`
  const source: HttpOrigin = { url, log: [], headers: [], bytes, faults, validators: { etag: '"one"' } }
  return source
}

/** The normal response. */
export function answer(source: HttpOrigin): Fault {
  return (response, range) => {
    const size = source.bytes.length
    if (range.start >= size) {
      response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
    } else {
      head(response, range, size, source.validators)
      response.end(source.bytes.subarray(range.start, Math.min(range.end, size)))
    }
  }
}

/** The head of a 206 for `range` of `size`. */
export function head(
  response: ServerResponse,
  range: ByteRange,
  size: number,
  headers: Record<string, string | undefined> = {},
): void {
  const end = Math.min(range.end, size)
  response.statusCode = 206
  const all = {
    'content-range': `bytes ${range.start}-${end - 1}/${size}`,
    'content-length': `${end - range.start}`,
  }
  const given: Record<string, string | undefined> = { ...all, etag: '"one"', ...headers }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) response.setHeader(name, value)
  }
}

/** Resolves when the connection of a request is closed for any reason. */
export function closed({ socket }: IncomingMessage): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()))
}

/** A refusal. */
export function status(statusCode: number, headers: Record<string, string> = {}): Fault {
  return response => response.writeHead(statusCode, headers).end('<Error/>')
}

function asked(header: string, size: number): ByteRange {
  const match = /^bytes=(\d+)-(\d+)$/.exec(header)
  return match ? { start: Number(match[1]), end: Number(match[2]) + 1 } : { start: 0, end: size }
}
