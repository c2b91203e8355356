import type { Readable, Writable } from 'node:stream'

/**
 * Streams by what they can do, as Node's own `pipeline()` tells them: those of the package `readable-stream`, or of another
 * realm, are no `instanceof` the classes of `node:stream`.
 */
interface StreamLike {
  readonly on?: unknown
  readonly pipe?: unknown
  readonly write?: unknown
  readonly end?: unknown
  readonly _readableState?: unknown
  readonly _writableState?: unknown
}

/** Whether it is a readable stream. A stream that is only written has a `pipe()`, too, which fails. */
export function isReadable(value: unknown): value is Readable {
  const { on, pipe, _readableState, _writableState } = Object(value) as StreamLike
  const isOnlyWritten = _writableState !== undefined && _readableState === undefined
  return typeof on === 'function' && typeof pipe === 'function' && !isOnlyWritten
}

/** Whether it is a writable stream. */
export function isWritable(value: unknown): value is Writable {
  const { on, write, end, _readableState, _writableState } = Object(value) as StreamLike
  const isOnlyRead = _readableState !== undefined && _writableState === undefined
  return [on, write, end].every(method => typeof method === 'function') && !isOnlyRead
}
