import { type AvioErrorOptions, Mp4Error, type Mp4ErrorCode } from '../../errors.js'

/**
 * The header of a box, ISO/IEC 14496-12 §4.2: a 32-bit size and a four-character type; size 1 says that a 64-bit
 * size follows, size 0 that the box goes on to the end of the file; type `uuid` is followed by 16 bytes more.
 */

/** The longest header: 64-bit size and extended type. */
export const MAX_HEADER_LENGTH = 32

/** A position in the stream, for errors. */
export interface Place {
  /** The path to the box: `moof[3]/traf[0]`. */
  readonly path: string
  /** Offset of the box from the start of the stream. */
  readonly offset: number
}

/** An {@link Mp4Error} about `place`; its message starts with the path and offset. */
export function mp4Error(
  code: Mp4ErrorCode,
  place: Place,
  message: string,
  trackId?: number,
  options?: AvioErrorOptions,
): Mp4Error {
  const track = trackId === undefined ? '' : ` (track ${trackId})`
  return new Mp4Error(
    code,
    `${place.path} at byte ${place.offset}${track}: ${message}`,
    { byteOffset: place.offset, boxPath: place.path, trackId },
    options,
  )
}

/** Types that occur once per container: their path needs no number. */
const SINGLE = new Set(
  'ftyp moov mvhd mvex mehd tkhd edts elst mdia mdhd hdlr minf stbl stsd stsz stz2 mfhd tfhd tfdt mfra'.split(
    ' ',
  ),
)

/** One step of a path: `moof[3]`, but `moov` for a single box. */
export function pathStep(type: string, index: number): string {
  return index === 0 && SINGLE.has(type) ? type : `${type}[${index}]`
}

/** The unsigned 32-bit number at `at`. The caller has checked that it is present. */
export function uint32(bytes: Uint8Array, at: number): number {
  return codeAt(bytes, at) >>> 0
}

/** The four bytes at `at` as a number to compare with a {@link typeCode}, which takes no string. */
export function codeAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** A type of four characters as the number that {@link codeAt} reads. */
export function typeCode(type: string): number {
  return codeAt(Buffer.from(type, 'latin1'), 0)
}

/**
 * The types of which a fragmented file has many, so that none of them is made into a string again. The keys of an
 * object are strings that V8 compares by their address.
 */
const FREQUENT = new Map(
  Object.keys({ moof: 0, mdat: 0, styp: 0, sidx: 0, emsg: 0, prft: 0, free: 0, skip: 0, uuid: 0 }).map(
    type => [typeCode(type), type],
  ),
)

/** The four characters at `at`, one per byte. */
export function fourCC(bytes: Uint8Array, at: number): string {
  return (
    FREQUENT.get(codeAt(bytes, at)) ??
    String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
  )
}

/** Whether `type` is a possible box type: printable ASCII, or QuickTime's `©nam` and the like. */
export function isBoxType(type: string): boolean {
  for (let n = 0; n < type.length; n++) {
    const character = type.charCodeAt(n)
    if ((character < 0x20 || character > 0x7e) && character !== 0xa9) return false
  }
  return type.length === 4
}

const UUID = typeCode('uuid')

/** Length of the header at `at` in bytes, from its first eight. */
export function headerLength(bytes: Uint8Array, at: number): number {
  const long = uint32(bytes, at) === 1 ? 8 : 0
  const extended = codeAt(bytes, at + 4) === UUID ? 16 : 0
  return 8 + long + extended
}

/**
 * The size in the header at `at`, including the header: `Infinity` for "to the end of the file". Past 2⁵³ it is
 * rounded: such a size fits nowhere, which the caller reports.
 */
export function statedSize(bytes: Uint8Array, at: number): number {
  const size = uint32(bytes, at)
  if (size === 0) return Infinity
  return size === 1 ? uint32(bytes, at + 8) * 2 ** 32 + uint32(bytes, at + 12) : size
}

/** The size of the box at `at`, header included, if the whole box is before `end`; otherwise 0. */
export function sizeWithin(bytes: Uint8Array, at: number, end: number): number {
  const left = end - at
  if (left < 8) return 0
  const stated = uint32(bytes, at)
  // Nearly all boxes: no other header is as short.
  if (stated >= 8 && codeAt(bytes, at + 4) !== UUID) return stated <= left ? stated : 0
  const head = headerLength(bytes, at)
  if (head > left) return 0
  const size = statedSize(bytes, at)
  return size >= head && size <= left ? size : 0
}

/**
 * Checks that a box may have the size that its header states.
 *
 * @param size - as stated; `Infinity` for a box that goes on to the end
 * @param headerSize - the length of its header: the least that it can have
 * @throws {@link Mp4Error} `AVIO_ERR_MP4_BOX_SIZE`
 */
export function checkBoxSize(size: number, headerSize: number, place: Place): void {
  if (size >= headerSize && (size === Infinity || Number.isSafeInteger(place.offset + size))) return
  const limit = size < headerSize ? `less than its header of ${headerSize} bytes` : 'more than any file has'
  const message = `its size is ${size} bytes, which is ${limit}`
  throw mp4Error('AVIO_ERR_MP4_BOX_SIZE', place, message)
}
