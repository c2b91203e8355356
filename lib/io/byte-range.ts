/**
 * Byte ranges. Ours are `start` inclusive, `end` exclusive; HTTP's (RFC 9110 §14) name the last byte.
 * This file is the only place that converts between them.
 */

/** Bytes `start` (inclusive) to `end` (exclusive). */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The value of a `Range` header for `start` (inclusive) to `end` (exclusive; `undefined`: to the last byte). */
export function rangeHeader(start: number, end?: number): string {
  return end === undefined ? `bytes=${start}-` : `bytes=${start}-${end - 1}`
}

/** A parsed `Content-Range` header. */
export interface ContentRange extends ByteRange {
  /** Length of the whole representation; `undefined` if the server sent `*`. */
  readonly size: number | undefined
}

/** Parses `bytes 0-99/1234` (RFC 9110 §14.4); `undefined` for anything but a satisfied byte range. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const match = /^bytes\s+(\d+)-(\d+)\/(\d+|\*)$/i.exec(header?.trim() ?? '')
  if (!match) return undefined
  const start = Number(match[1])
  const end = Number(match[2]) + 1
  const size = match[3] === '*' ? undefined : Number(match[3])
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || end <= start) return undefined
  if (size !== undefined && (!Number.isSafeInteger(size) || end > size)) return undefined
  return { start, end, size }
}

/** The size in `bytes ∗/1234`, sent with a 416; `undefined` if absent. */
export function parseUnsatisfiedRange(header: string | undefined): number | undefined {
  const match = /^bytes\s+\*\/(\d+)$/i.exec(header?.trim() ?? '')
  return match ? Number(match[1]) : undefined
}
