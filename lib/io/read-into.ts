import { SourceError } from '../errors.js'
import { abortError } from './async/abort-error.js'
import { Turns } from './async/turns.js'
import { MemoryPieces } from './memory-pieces.js'
import type { RandomAccess, ReadIntoOptions } from './random-access.js'

/** Bytes that take as long to copy as a table element takes to read. */
const BYTES_AN_ELEMENT = 256

/**
 * Reads into memory of the caller, as {@link RandomAccess.readInto}: by the source's own method or, without one, by
 * its `read()` and a copy. `onProgress` reports all bytes, even if the source's own method doesn't.
 *
 * @throws {@link SourceError} AVIO_ERR_SOURCE_READ if the source delivers another number of bytes
 */
export async function readInto(
  source: RandomAccess,
  start: number,
  memory: Uint8Array | readonly Uint8Array[],
  options: ReadIntoOptions = {},
): Promise<void> {
  const pieces = new MemoryPieces(memory)
  if (source.readInto === undefined) {
    await copyInto(source.read(start, start + pieces.length, options.signal), start, pieces, options)
    return
  }
  const { signal, onProgress } = options
  let received = 0
  await source.readInto(start, memory, {
    signal,
    onProgress: bytes => {
      received += bytes
      if (received > pieces.length) throw miscounted('readInto', start + pieces.length, 'more')
      onProgress?.(bytes)
    },
  })
  if (received < pieces.length) onProgress?.(pieces.length - received)
}

/** Copies the chunks of a read that begins at `start`; stops at once where the signal is aborted. */
export async function copyInto(
  chunks: AsyncIterable<Buffer>,
  start: number,
  pieces: MemoryPieces,
  { signal, onProgress }: ReadIntoOptions,
): Promise<void> {
  const turns = new Turns(signal)
  let received = 0
  for await (const chunk of chunks) {
    if (signal?.aborted) throw abortError(signal)
    if (chunk.length > pieces.length - received) throw miscounted('read', start + pieces.length, 'more')
    received += pieces.write(received, chunk)
    onProgress?.(chunk.length)
    if (signal?.aborted) throw abortError(signal)
    await turns.count(chunk.length / BYTES_AN_ELEMENT)
  }
  if (received < pieces.length) throw miscounted('read', start + received, 'fewer')
}

function miscounted(method: string, byteOffset: number, how: string): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_READ',
    `A read of the source returned ${how} bytes than requested, without an error: its ${method}() breaks the rule ` +
      'of RandomAccess.',
    { byteOffset },
    { retryable: false },
  )
}
