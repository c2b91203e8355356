import type { ByteRange } from '../byte-range.js'

/**
 * What holds the answers of a read to one version of what is read, and each to the bytes that were asked for. How the
 * first answer pins a version, and which of these count for it, is up to who asks: `VersionPin` of S3, `HttpVersionPin`.
 */

/** Whether an ETag is marked as weak: it does not promise the same bytes. */
export function isWeak(etag: string): boolean {
  return etag.startsWith('W/')
}

/** Whether an ETag alone promises the same bytes. */
export function isSure(etag: string | undefined): boolean {
  return etag !== undefined && !isWeak(etag)
}

/** How an ETag differs from the pinned one; `undefined` where it doesn't. */
export function etagChange(pinned: string | undefined, found: string | undefined): string | undefined {
  return opaque(found) === opaque(pinned)
    ? undefined
    : `its ETag was ${pinned ?? 'none'} and is now ${found ?? 'none'}`
}

/** How a size differs from the pinned one; `undefined` where it doesn't. */
export function sizeChange(pinned: number, found: number): string | undefined {
  return found === pinned ? undefined : `it had ${pinned} bytes and now has ${found}`
}

/** How a modification time, as a number or as it is written, differs from the pinned one; `undefined` where it doesn't. */
export function timeChange<T extends number | string>(
  pinned: T | undefined,
  found: T | undefined,
): string | undefined {
  return found === pinned ? undefined : 'it was modified'
}

/**
 * What is wrong with the range of an answer; `undefined` where nothing is. It has to begin where it was asked to, and
 * may end before: what is lacking is asked for behind it.
 *
 * @param asked - as far as there are bytes
 * @param length - of the body, where it is announced
 */
export function rangeFault(
  sent: ByteRange,
  asked: ByteRange,
  length: number | undefined,
): string | undefined {
  if (sent.start !== asked.start || sent.end > asked.end) {
    return `answered with bytes ${sent.start}–${sent.end - 1} where ${asked.start}–${asked.end - 1} were asked for`
  }
  const held = sent.end - sent.start
  return length === undefined || length === held
    ? undefined
    : `announced ${length} bytes for a range of ${held}`
}

/** The message for what is no longer the version that was pinned. */
export function changedMessage(name: string, how: string): string {
  return `${name} changed while it was read: ${how}. What was read so far is of the older version; begin anew.`
}

/** The message for an answer that can't be used. */
export function unusableMessage(name: string, what: string): string {
  return `The server of ${name} ${what}. Nothing of it can be trusted; check what stands between.`
}

/**
 * What an ETag says, without its mark of weakness and its quotes. Something in between that packs bodies puts the mark
 * on (nginx does), some servers take it off once the version is a second old, and some stores leave the quotes out now
 * and then.
 */
function opaque(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, '').replace(/^"(.*)"$/, '$1')
}
