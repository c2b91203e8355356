import type { IncomingMessage, ServerResponse } from 'node:http'
import { KiB } from '../../options.js'
import { abortError } from '../async/abort-error.js'
import { onAbort } from '../async/abort-listeners.js'
import type { ResponsePacer } from './response-pacer.js'
import type { RandomAccess } from '../random-access.js'
import { answerRange } from './range-header.js'

/** Most bytes written at a time, whatever the source's chunks: the granularity of the pacing. */
const PIECE = 64 * KiB

/** Arguments of {@link respond} besides the request. */
export interface RespondOptions {
  readonly pace: ResponsePacer
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
  /** Called with the size of each piece written, in bytes. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Answers a GET or a HEAD with the requested bytes of `source`. Resolves when the last one is written; rejects
 * with any error of the source, and with an `AbortError` when the client disconnects. The response is then
 * incomplete, and the caller must break the connection: a body never ends short.
 */
export async function respond(
  source: RandomAccess,
  request: IncomingMessage,
  response: ServerResponse,
  { pace, signal, onBytes }: RespondOptions,
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
  for await (const chunk of source.read(start, end, signal)) {
    for (let offset = 0; offset < chunk.length; offset += PIECE) {
      const piece = chunk.subarray(offset, offset + PIECE)
      await pace.ready(piece.length, signal)
      if (signal.aborted) throw abortError(signal)
      const drained = response.write(piece)
      pace.sent(piece.length)
      onBytes(piece.length)
      if (!drained) await drain(response, signal)
    }
  }
  response.end()
}

/** Waits until the socket is writable again. */
async function drain(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw abortError(signal)
  let finish!: () => void
  let forget!: () => void
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve
    forget = onAbort(signal, () => reject(abortError(signal)))
  })
  response.once('drain', finish)
  try {
    await done
  } finally {
    response.off('drain', finish)
    forget()
  }
}
