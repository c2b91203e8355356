import type { RandomAccess } from './random-access.js'
import { Turns } from './async/turns.js'

/** From this length on, the buffer is allocated first and filled one chunk at a time. */
const LONG = 1024 * 1024
/** Bytes that take as long to copy as a table element takes to read. */
const BYTES_AN_ELEMENT = 256

/**
 * The bytes from `start` (inclusive) to `end` (exclusive) in one buffer. Copying many megabytes would block the
 * event loop, so long reads yield in between.
 *
 * @param kept - bytes that precede them
 */
export async function readExactly(
  source: RandomAccess,
  start: number,
  end: number,
  signal?: AbortSignal,
  kept?: Buffer,
): Promise<Buffer> {
  if (end - start >= LONG) return readLong(source, [start, end], signal, kept)
  const chunks = kept === undefined || kept.length === 0 ? [] : [kept]
  for await (const chunk of source.read(start, end, signal)) chunks.push(chunk)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

async function readLong(
  source: RandomAccess,
  [start, end]: readonly [number, number],
  signal: AbortSignal | undefined,
  kept: Buffer = Buffer.alloc(0),
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(kept.length + end - start)
  const turns = new Turns(signal)
  kept.copy(bytes)
  let length = kept.length
  for await (const chunk of source.read(start, end, signal)) {
    length += chunk.copy(bytes, length)
    await turns.count(chunk.length / BYTES_AN_ELEMENT)
  }
  return bytes.subarray(0, length)
}
