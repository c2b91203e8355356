import type { Readable, Writable } from 'node:stream'

/**
 * The properties that identify a stream, as in Node's own `pipeline()`: streams of the package `readable-stream` or of
 * another realm are not instances of the classes of `node:stream`.
 */
interface StreamLike {
  readonly on?: unknown
  readonly pipe?: unknown
  readonly write?: unknown
  readonly end?: unknown
  readonly _readableState?: unknown
  readonly _writableState?: unknown
}

/** Whether `value` is a readable stream. A Writable has a `pipe()` too, which fails. */
export function isReadable(value: unknown): value is Readable {
  const { on, pipe, _readableState, _writableState } = Object(value) as StreamLike
  const isOnlyWritten = _writableState !== undefined && _readableState === undefined
  return typeof on === 'function' && typeof pipe === 'function' && !isOnlyWritten
}

/** Whether `value` is a writable stream. */
export function isWritable(value: unknown): value is Writable {
  const { on, write, end, _readableState, _writableState } = Object(value) as StreamLike
  const isOnlyRead = _readableState !== undefined && _writableState === undefined
  return [on, write, end].every(method => typeof method === 'function') && !isOnlyRead
}
