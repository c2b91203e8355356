import type { ByteRange } from '../../io/byte-range.js'

/**
 * The `Range` header of a request (RFC 9110 §14.2) as S3 interprets it: one range of bytes. Anything else (several
 * ranges, another unit, a last byte before the first) is ignored, and the response is the whole object.
 *
 * @returns the bytes to send, `undefined` for all of them, `'unsatisfiable'` for a 416
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes\s*=\s*(?:(\d+)\s*-\s*(\d*)|-\s*(\d+))$/i.exec(header?.trim() ?? '')
  if (!match) return undefined
  const [, first, last, suffix] = match
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Number(last) + 1
  if (end <= start && last !== '') return undefined
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size) }
}

/** The first byte of a `Range` header; `undefined` without a header, or for a suffix. */
export function firstByteOf(header: string | undefined): number | undefined {
  const match = /^bytes\s*=\s*(\d+)\s*-/i.exec(header?.trim() ?? '')
  return match ? Number(match[1]) : undefined
}
