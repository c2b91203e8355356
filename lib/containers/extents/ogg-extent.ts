import type { Walk } from './walk.js'

/** Bytes at the end that contain the last page: the longest has 65,307 bytes, and a tag may follow. */
const TAIL = 128 * 1024
const HEADER = 27
const PAGE = Buffer.from('OggS')

/**
 * Ogg: no field states the total length, and the last page need not be marked as last. But each page states its own
 * length (RFC 3533 §6), which reveals a truncated page.
 */
export function* oggExtent(): Walk {
  const { bytes, at: start } = yield { tail: TAIL }
  const by = 'its last page'
  const at = lastPage(bytes)
  if (at === undefined) return undefined
  const header = bytes.subarray(at)
  const segments = header[HEADER - 1] ?? 0
  const bodyAt = HEADER + segments
  if (header.length < bodyAt || header.length < HEADER) return { end: start + at + bodyAt, by }
  const body = header.subarray(HEADER, bodyAt).reduce((sum, length) => sum + length, 0)
  const end = at + bodyAt + body
  // Every page begins with the same four letters: one to three of them at the end are a truncated page.
  const isBegun = bytes.length > end && PAGE.subarray(0, bytes.length - end).equals(bytes.subarray(end))
  return { end: isBegun ? start + end + HEADER : start + end, by }
}

/** Offset of the last page start: the letters, and version 0 (the only one defined). */
function lastPage(bytes: Buffer): number | undefined {
  for (let at = bytes.lastIndexOf(PAGE); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(PAGE, at - 1)) {
    if ((bytes[at + 4] ?? 0) === 0 && (bytes[at + 5] ?? 0) < 8) return at
  }
  return undefined
}
