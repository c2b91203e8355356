import type { ByteRange } from '../byte-range.js'

/**
 * Checks that the responses to a read belong to one version, and each to the requested range. The callers
 * decide how the first response pins a version, and which checks apply: S3's `VersionPin` and `HttpVersionPin`.
 */

/** Whether an ETag is marked as weak: it does not promise the same bytes. */
export function isWeak(etag: string): boolean {
  return etag.startsWith('W/')
}

/** Whether an ETag alone promises the same bytes. */
export function isSure(etag: string | undefined): boolean {
  return etag !== undefined && !isWeak(etag)
}

/** How an ETag differs from the pinned one; `undefined` if it doesn't. */
export function etagChange(pinned: string | undefined, found: string | undefined): string | undefined {
  return opaque(found) === opaque(pinned)
    ? undefined
    : `its ETag was ${pinned ?? 'none'} and is now ${found ?? 'none'}`
}

/** How the ETag of the first response differs from the requested one, if any; `undefined` if it doesn't. */
export function otherVersion(asked: string | undefined, found: string | undefined): string | undefined {
  if (asked === undefined || opaque(found) === opaque(asked)) return undefined
  return found === undefined ? 'it has no ETag' : `its ETag is ${found}`
}

/** How a size differs from the pinned one; `undefined` if it doesn't. */
export function sizeChange(pinned: number, found: number): string | undefined {
  return found === pinned ? undefined : `it had ${pinned} bytes and now has ${found}`
}

/** How a modification time, as a number or a string, differs from the pinned one; `undefined` if it doesn't. */
export function timeChange<T extends number | string>(
  pinned: T | undefined,
  found: T | undefined,
): string | undefined {
  return found === pinned ? undefined : 'it was modified'
}

/**
 * What is wrong with the range of a response; `undefined` if nothing is. It must start as requested, but may
 * end earlier: the rest is requested after it.
 *
 * @param asked - up to the end of the source
 * @param length - of the body, if announced
 */
export function rangeFault(
  sent: ByteRange,
  asked: ByteRange,
  length: number | undefined,
): string | undefined {
  if (sent.start !== asked.start || sent.end > asked.end) {
    return `sent bytes ${sent.start}–${sent.end - 1}, but ${asked.start}–${asked.end - 1} were requested`
  }
  const held = sent.end - sent.start
  return length === undefined || length === held
    ? undefined
    : `announced ${length} bytes for a range of ${held}`
}

/** The message for a version other than the pinned one. */
export function changedMessage(name: string, how: string): string {
  return `${name} changed while it was read: ${how}. The bytes read so far are from the old version. Start over.`
}

/** The message for a source that no longer has the requested version. */
export function otherVersionMessage(name: string, asked: string, how: string): string {
  return (
    `${name} is no longer the version with the ETag ${asked}: ${how}. ` +
    'Plan the job again for the current version.'
  )
}

/** The message for an unusable response. */
export function unusableMessage(name: string, what: string): string {
  return `The server of ${name} ${what}. The response was discarded. Check for a proxy or cache in between.`
}

/**
 * An ETag without its weakness mark and quotes. Intermediaries that compress bodies add the mark (nginx does),
 * some servers remove it once the version is a second old, and some stores occasionally omit the quotes.
 */
function opaque(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, '').replace(/^"(.*)"$/, '$1')
}
