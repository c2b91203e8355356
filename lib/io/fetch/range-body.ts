import { type Readable, finished } from 'node:stream'
import type { RangeBuffer } from './range-buffer.js'

/** A body that stalled, or ended before its last byte: another attempt may work. */
export class BrokenBody extends Error {
  override readonly name: 'TimeoutError' | 'IncompleteBody'

  constructor(name: BrokenBody['name'], message: string) {
    super(message)
    this.name = name
  }
}

/** A body that is longer than announced. */
export class OverlongBody extends Error {
  override readonly name = 'OverlongBody'

  constructor() {
    super('The body is longer than announced')
  }
}

/**
 * The error of a request that timed out.
 *
 * @param timeout - in milliseconds
 * @param drip - replaces the reason if bytes moved, but too slowly
 */
export function stalled(timeout: number, drip = `no data received for ${timeout} ms`): BrokenBody {
  return new BrokenBody('TimeoutError', `Request timed out: ${drip}`)
}

/** The error of a body that ended before its last byte. */
export function endedEarly(lacking: number): BrokenBody {
  return new BrokenBody('IncompleteBody', `The body ended ${lacking} bytes early`)
}

/**
 * Copies a body into `into` as fast as it arrives; resolves when it has ended with the byte before `end`.
 *
 * @param onBytes - called for every chunk, with its length
 * @param end - one past the last byte of the body: the end of `into`, or earlier
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

/** Discards an unread body; its connection is closed. */
export function discard(body: Readable): void {
  body.on('error', () => undefined)
  body.destroy()
}
