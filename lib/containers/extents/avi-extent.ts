import { type Claim, type Walk, further, isUnknown32, u64le, word } from './walk.js'

/** A chunk's id and size, and a list's kind. */
const HEADER = 8
const LIST_HEADER = 12
/** The largest header searched for OpenDML indices. */
const MAX_HEADER = 2 ** 20
/** RIFFs in one file: each has about a gigabyte. */
const MAX_RIFFS = 10_000
/** Tolerated difference, in bytes, between the stated and the actual size of an index part. */
const SLACK = 16

/** A part of an OpenDML index. It follows the media it indexes. */
interface IndexPart {
  readonly offset: number
  readonly size: number
}

/**
 * AVI: the media are the lists `movi`, one in each RIFF (OpenDML's `AVIX` after the first). The indices of the streams
 * locate their parts, after the media of each RIFF, including later RIFFs. Neither these parts nor `idx1` are media.
 */
export function* aviExtent(from: number): Walk {
  let claim: Claim | undefined
  let parts: readonly IndexPart[] = []
  /** End of the last list seen. */
  let seen = 0
  let at = from
  for (let riff = 0; riff < MAX_RIFFS; riff++) {
    const { bytes: head } = yield { at, length: LIST_HEADER }
    if (head.length < LIST_HEADER || word(head, 0) !== 'RIFF' || !word(head, 8).startsWith('AVI')) break
    const length = head.readUInt32LE(4)
    const end = isUnknown32(length) ? Infinity : at + HEADER + length
    for (at += LIST_HEADER; at < end;) {
      const { bytes } = yield { at, length: LIST_HEADER }
      if (bytes.length < LIST_HEADER || word(bytes, 0) === 'RIFF') break
      const size = bytes.readUInt32LE(4)
      const kind = word(bytes, 0) === 'LIST' ? word(bytes, 8) : ''
      const chunkEnd = at + HEADER + size
      if (kind === 'movi') {
        // Written to a pipe: no other size is filled in either.
        if (isUnknown32(size)) return undefined
        const by = riff === 0 ? 'its list "movi"' : 'a list "movi" (OpenDML)'
        seen = chunkEnd
        claim = further(claim, { end: mediaEnd(at + LIST_HEADER, chunkEnd, parts), by })
      } else if (kind === 'hdrl' && size <= MAX_HEADER) {
        const header = yield { at: at + LIST_HEADER, length: size - 4 }
        parts = indexParts(header.bytes)
      }
      at = chunkEnd + (size % 2)
    }
    if (end !== Infinity) at = Math.max(at, end + (length % 2))
  }
  const last = parts.reduce((furthest, { offset }) => Math.max(furthest, from + offset), 0)
  return last < seen ? claim : further(claim, { end: last, by: 'its index of indices (OpenDML)' })
}

/** End of the media in a `movi`: before the index parts at its end and the padding byte of its last chunk. */
function mediaEnd(start: number, end: number, parts: readonly IndexPart[]): number {
  const within = parts.filter(({ offset }) => offset >= start && offset < end)
  let media = end
  let bytes = 0
  for (const { offset, size } of within.sort((a, b) => b.offset - a.offset)) {
    bytes += size + SLACK
    // More than index parts follow this part, so media continue after it.
    if (end - offset > bytes) break
    media = offset
  }
  return media - 1
}

/** Parts named by the streams' super indices: `indx` in each `strl` of `hdrl`. */
function indexParts(hdrl: Buffer): IndexPart[] {
  const parts: IndexPart[] = []
  for (let at = 0; at + LIST_HEADER <= hdrl.length;) {
    const length = hdrl.readUInt32LE(at + 4)
    if (word(hdrl, at) === 'LIST' && word(hdrl, at + 8) === 'strl') {
      at += LIST_HEADER
      continue
    }
    const body = hdrl.subarray(at + HEADER, at + HEADER + length)
    // A super index has entries of four words.
    if (word(hdrl, at) === 'indx' && body.length >= 24 && body.readUInt16LE(0) === 4 && body[3] === 0) {
      const entries = Math.min(body.readUInt32LE(4), Math.floor((body.length - 24) / 16))
      for (let n = 0; n < entries; n++) {
        const offset = u64le(body, 24 + 16 * n)
        if (offset > 0 && Number.isSafeInteger(offset)) {
          parts.push({ offset, size: body.readUInt32LE(32 + 16 * n) })
        }
      }
    }
    at += HEADER + length + (length % 2)
  }
  return parts
}
