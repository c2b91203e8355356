import type { RandomAccess } from './random-access.js'

/**
 * Sources whose `readInto()` is the library's own. Only they read into memory that will be used for other bytes: code
 * of others might still hold the memory, and write to it, after it has answered.
 */
const own = new WeakSet<RandomAccess>()

/**
 * Whether memory may be used again after it was filled from this source: its `readInto()` is ours, or it has none, and
 * our code copies what it reads.
 */
export function isOwnSource(source: RandomAccess): boolean {
  return own.has(source) || source.readInto === undefined
}

/** A source that reads by the library's own code alone. */
export function markOwn(source: RandomAccess): void {
  own.add(source)
}

/** A wrapper is as good as the source that it wraps. */
export function markAs(wrapper: RandomAccess, source: RandomAccess): void {
  if (isOwnSource(source)) own.add(wrapper)
}
