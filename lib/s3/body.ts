import { Readable, finished } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { abortError } from '../io/abort-error.js'
import type { RangeBuffer } from '../io/range-buffer.js'
import { DirectBody } from './direct-body.js'

/** A body as the SDK hands it over: Node's stream, or the web's with a fetch-based request handler. */
export type Body = GetObjectCommandOutput['Body']

/** The body as Node's stream. To be called once for each. */
export function streamOf(body: Body): Readable {
  if (body === undefined) return Readable.from([])
  if (body instanceof Readable) return body
  return Readable.fromWeb(body as unknown as ReadableStream)
}

/** A body that goes on behind the bytes that it announced. */
export class OverlongBody extends Error {}

/** An error that {@link classify} takes for one that may go away. */
export function transient(name: 'TimeoutError' | 'IncompleteBody', message: string): Error {
  const error = new Error(message)
  error.name = name
  return error
}

/**
 * Copies a body into `into` as fast as it comes; resolves when it has ended and `into` is complete.
 *
 * @param onBytes - called for every chunk
 */
export async function drain(
  stream: Readable,
  into: RangeBuffer,
  signal: AbortSignal,
  onBytes: () => void,
): Promise<void> {
  const onAbort = () => stream.destroy(abortError(signal))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await (stream instanceof DirectBody ? stream.into(into, onBytes) : pump(stream, into, onBytes))
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  if (!into.complete) {
    throw transient('IncompleteBody', `The body ended ${into.end - into.received} bytes early`)
  }
}

/** Copies chunk by chunk; resolves at the end of the stream. */
function pump(stream: Readable, into: RangeBuffer, onBytes: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    finished(stream, { writable: false }, error => (error ? reject(error) : resolve()))
    stream.on('data', (chunk: Buffer) => {
      onBytes()
      if (into.write(chunk) < chunk.length) stream.destroy(new OverlongBody('More came than was announced'))
    })
  })
}

/** Lets go of a body that nobody reads on; its connection is closed. */
export function discard(stream: Readable): void {
  stream.on('error', () => undefined)
  stream.destroy()
}
