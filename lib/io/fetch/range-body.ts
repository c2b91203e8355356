import { type Readable, finished } from 'node:stream'
import type { RangeBuffer } from './range-buffer.js'

/** A body that went silent, or ended before its last byte: another try may do. */
export class BrokenBody extends Error {
  override readonly name: 'TimeoutError' | 'IncompleteBody'

  constructor(name: BrokenBody['name'], message: string) {
    super(message)
    this.name = name
  }
}

/** A body that goes on behind the bytes that it announced. */
export class OverlongBody extends Error {
  override readonly name = 'OverlongBody'

  constructor() {
    super('More came than was announced')
  }
}

/**
 * The error for a request that is given up because nothing was heard of it.
 *
 * @param timeout - how long that was, in milliseconds
 * @param drip - what is said instead where bytes moved, but too slowly
 */
export function stalled(timeout: number, drip = `No byte came for ${timeout} ms`): BrokenBody {
  return new BrokenBody('TimeoutError', `${drip}, and the request was given up`)
}

/** The error for a body that ended before its last byte. */
export function endedEarly(lacking: number): BrokenBody {
  return new BrokenBody('IncompleteBody', `The body ended ${lacking} bytes early`)
}

/**
 * Copies a body into `into` as fast as it comes; resolves when it has ended, with the byte before `end`.
 *
 * @param onBytes - called for every chunk, with its length
 * @param end - one past the last byte that the body is to hold: that of `into`, or an earlier one
 */
export async function copyBody(
  body: Readable,
  into: RangeBuffer,
  onBytes: (bytes: number) => void,
  end: number,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    finished(body, { writable: false }, error => (error ? reject(error) : resolve()))
    body.on('data', (chunk: Buffer) => {
      onBytes(chunk.length)
      const isTooMuch = chunk.length > end - into.received
      into.write(isTooMuch ? chunk.subarray(0, end - into.received) : chunk)
      if (isTooMuch) body.destroy(new OverlongBody())
    })
  })
  if (into.received < end) throw endedEarly(end - into.received)
}

/** Lets go of a body that nobody reads on; its connection is closed. */
export function discard(body: Readable): void {
  body.on('error', () => undefined)
  body.destroy()
}
