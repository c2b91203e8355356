import type { Walk } from './walk.js'

/** The last page begins within it: the longest has 65,307 bytes, and a tag may follow. */
const TAIL = 128 * 1024
const HEADER = 27
const PAGE = Buffer.from('OggS')

/**
 * Ogg: nothing states how much there is, and the last page need not say that it is the last. But each page states its
 * own length (RFC 3533 §6), so that one that is cut shows.
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
  // The next page begins with the same four letters: one to three of them are a page of which nothing else came.
  const isBegun = bytes.length > end && PAGE.subarray(0, bytes.length - end).equals(bytes.subarray(end))
  return { end: isBegun ? start + end + HEADER : start + end, by }
}

/** The last place where a page begins: the letters, and version 0 (nothing else is defined). */
function lastPage(bytes: Buffer): number | undefined {
  for (let at = bytes.lastIndexOf(PAGE); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(PAGE, at - 1)) {
    if ((bytes[at + 4] ?? 0) === 0 && (bytes[at + 5] ?? 0) < 8) return at
  }
  return undefined
}
