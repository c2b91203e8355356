import type { ByteRange } from '../byte-range.js'
import { type FetchRange, inOrder } from './ordered-ranges.js'
import { ReadAheadWindow } from './read-ahead-window.js'

/**
 * The bytes of a range in order, requested in parts of at most `partSize` bytes, two at a time: the `read()` of
 * a source.
 *
 * Memory: 2 × `partSize`.
 */
export function inParts(
  { start, end }: ByteRange,
  partSize: number,
  fetch: FetchRange,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  return inOrder(twoAtATime({ start, end }, partSize), fetch, signal)
}

/** The parts of a range of a source, two at a time. */
export function twoAtATime({ start, end }: ByteRange, partSize: number): ReadAheadWindow {
  const plan = new ReadAheadWindow({
    ...{ start, end, partSize, firstSize: partSize },
    ...{ concurrency: 2, readAhead: 2 * partSize },
  })
  plan.bound(end)
  return plan
}
