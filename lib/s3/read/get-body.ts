import { isReadable } from '../../io/stream-kinds.js'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { onAbort } from '../../io/async/abort-listeners.js'
import { abortError } from '../../io/async/abort-error.js'
import { copyBody } from '../../io/fetch/range-body.js'
import type { RangeBuffer } from '../../io/fetch/range-buffer.js'
import { DirectBody } from '../direct/direct-body.js'

/** A body as the SDK returns it: Node's stream, or the web's with a fetch-based request handler. */
export type Body = GetObjectCommandOutput['Body']

/** The body as Node's stream. Call it once per body. */
export function streamOf(body: Body): Readable {
  if (body === undefined) return Readable.from([])
  if (isReadable(body)) return body
  return Readable.fromWeb(body as unknown as ReadableStream)
}

/**
 * Copies a body into `into` as fast as it arrives; resolves when it has ended with the byte before `end`.
 *
 * @param onBytes - called for every chunk, with its length
 * @param end - one past the last byte of the body: the end of `into`, or an earlier one
 */
export async function drain(
  stream: Readable,
  into: RangeBuffer,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
  end = into.end,
): Promise<void> {
  const abort = () => stream.destroy(abortError(signal))
  if (signal.aborted) abort()
  const forget = onAbort(signal, abort)
  try {
    await (stream instanceof DirectBody
      ? stream.into(into, onBytes, end)
      : copyBody(stream, into, onBytes, end))
  } finally {
    forget()
  }
}
