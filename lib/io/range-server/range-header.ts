import type { ByteRange } from '../byte-range.js'

/** The response to a GET: the byte range, and its status. */
export type RangeAnswer = { readonly status: 200 | 206; readonly range: ByteRange } | { readonly status: 416 }

/**
 * Parses a `Range` header (RFC 9110 §14.2) for a representation of `size` bytes: `bytes=N-`, `bytes=N-M`,
 * `bytes=-N`.
 *
 * An invalid or unsupported header is ignored, as the standard allows, and the response is the whole: another
 * unit, a last byte before the first, several ranges. So is any range of an empty source: ffmpeg requests
 * `bytes=0-` before it knows the size, and should learn that there are no bytes, not that its request was
 * wrong.
 */
export function answerRange(header: string | undefined, size: number): RangeAnswer {
  const whole: RangeAnswer = { status: 200, range: { start: 0, end: size } }
  const match = /^bytes\s*=\s*(?:(\d+)\s*-\s*(\d*)|-\s*(\d+))$/i.exec(header?.trim() ?? '')
  if (match === null || size === 0) return whole
  const [, first, last, suffix] = match
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size)
    return length === 0 ? { status: 416 } : { status: 206, range: { start: size - length, end: size } }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return whole
  if (start >= size) return { status: 416 }
  return { status: 206, range: { start, end: last === '' ? size : Math.min(Number(last) + 1, size) } }
}
