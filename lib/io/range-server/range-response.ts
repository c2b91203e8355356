import type { IncomingMessage, ServerResponse } from 'node:http'
import { BodySender, type SendOptions } from './body-sender.js'
import { lentRead } from '../lent-read.js'
import type { RandomAccess } from '../random-access.js'
import { answerRange } from './range-header.js'

/**
 * Answers a GET or a HEAD with the requested bytes of `source`. Resolves when the last one is written; rejects
 * with any error of the source, and with an `AbortError` when the client disconnects. The response is then
 * incomplete, and the caller must break the connection: a body never ends short.
 */
export async function respond(
  source: RandomAccess,
  request: IncomingMessage,
  response: ServerResponse,
  { pace, signal, onBytes }: SendOptions,
): Promise<void> {
  const size = await source.size(signal)
  const answer = answerRange(request.headers.range, size)
  if (answer.status === 416) {
    response.writeHead(416, { 'Content-Range': `bytes */${size}`, 'Content-Length': 0 }).end()
    return
  }
  const { start, end } = answer.range
  response.writeHead(answer.status, {
    'Content-Type': 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'Content-Length': end - start,
    ...(answer.status === 206 && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
  })
  if (request.method === 'HEAD' || start === end) {
    response.end()
    return
  }
  const reading = await lentRead(source, start, end, signal)
  try {
    await new BodySender(reading, response, { pace, signal, onBytes }).sent
  } finally {
    await reading.close()
  }
  response.end()
}
