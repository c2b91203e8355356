import { abortError } from '../async/abort-error.js'
import { onAbort } from '../async/abort-listeners.js'
import type { MemoryPieces } from '../memory-pieces.js'
import type { ReadIntoOptions } from '../random-access.js'
import { twoAtATime } from './in-parts.js'
import { type FetchRange, OrderedRanges } from './ordered-ranges.js'

/**
 * Fills memory of a caller with the bytes from `start` on, requested in parts of at most `partSize` bytes, two at a
 * time: the `readInto()` of a source. The ranges are read where their bytes belong, so nothing is copied or allocated
 * here, and no promise is made for a chunk.
 *
 * It settles only when every request has: nothing writes to the memory any more.
 */
export function fillPieces(
  start: number,
  pieces: MemoryPieces,
  partSize: number,
  fetch: FetchRange,
  { signal, onProgress }: ReadIntoOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const plan = twoAtATime({ start, end: start + pieces.length }, partSize)
    let position = start
    let isOver = false
    let forget: () => void = () => undefined
    const settle = (error?: Error) => {
      if (isOver) return
      isOver = true
      forget()
      void ranges.cancel().then(() => (error === undefined ? resolve() : reject(error)))
    }
    const advance = () => {
      for (let chunk = ranges.take(); chunk !== undefined && !isOver; chunk = ranges.take()) {
        position += chunk.length
        onProgress?.(chunk.length)
      }
      if (ranges.error !== undefined) settle(ranges.error)
      else if (ranges.ended) settle()
      if (isOver) return
      plan.starved(position - start)
      ranges.fill(position)
    }
    const step = () => {
      try {
        if (!isOver) advance()
      } catch (error) {
        // Thrown by the caller's own onProgress.
        settle(error as Error)
      }
    }
    const ranges = new OrderedRanges(plan, fetch, step, { take: (size, at) => pieces.at(at - start, size) })
    forget = onAbort(signal, () => settle(abortError(signal!)))
    if (signal?.aborted) settle(abortError(signal))
    else step()
  })
}
