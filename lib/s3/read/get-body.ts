import { Readable, finished } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { onAbort } from '../../io/async/abort-listeners.js'
import { abortError } from '../../io/async/abort-error.js'
import type { RangeBuffer } from '../../io/fetch/range-buffer.js'
import { DirectBody } from '../direct/direct-body.js'

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

/** An error that {@link classifyError} takes for one that may go away. */
export function transient(name: 'TimeoutError' | 'IncompleteBody', message: string): Error {
  const error = new Error(message)
  error.name = name
  return error
}

/**
 * The error for a request that is given up because nothing was heard of it.
 *
 * @param timeout - how long that was, in milliseconds
 * @param drip - what is said instead where bytes moved, but too slowly
 */
export function stalled(timeout: number, drip = `No byte came for ${timeout} ms`): Error {
  return transient('TimeoutError', `${drip}, and the request was given up`)
}

/**
 * Copies a body into `into` as fast as it comes; resolves when it has ended, with the byte before `end`.
 *
 * @param onBytes - called for every chunk, with its length
 * @param end - one past the last byte that the body is to hold: that of `into`, or an earlier one
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
    await (stream instanceof DirectBody ? stream.into(into, onBytes, end) : pump(stream, into, end, onBytes))
  } finally {
    forget()
  }
  if (into.received < end) {
    throw transient('IncompleteBody', `The body ended ${end - into.received} bytes early`)
  }
}

/** Copies chunk by chunk; resolves at the end of the stream. */
function pump(
  stream: Readable,
  into: RangeBuffer,
  end: number,
  onBytes: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    finished(stream, { writable: false }, error => (error ? reject(error) : resolve()))
    stream.on('data', (chunk: Buffer) => {
      onBytes(chunk.length)
      const isTooMuch = chunk.length > end - into.received
      into.write(isTooMuch ? chunk.subarray(0, end - into.received) : chunk)
      if (isTooMuch) stream.destroy(new OverlongBody('More came than was announced'))
    })
  })
}

/** Lets go of a body that nobody reads on; its connection is closed. */
export function discard(stream: Readable): void {
  stream.on('error', () => undefined)
  stream.destroy()
}
