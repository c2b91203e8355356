import type { RandomAccess } from './random-access.js'
import { Turns } from './async/turns.js'

/** From here on room is made before the bytes come, and they are copied one chunk at a time. */
const LONG = 1024 * 1024
/** Bytes that take as long to copy as an element of a table takes to be read. */
const BYTES_AN_ELEMENT = 256

/**
 * The bytes from `start` (inclusive) to `end` (exclusive) in one piece. They are held and copied; of many megabytes
 * in memory the copy would hold the event loop up, so that others have a turn in between.
 *
 * @param kept - bytes that go before them
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
