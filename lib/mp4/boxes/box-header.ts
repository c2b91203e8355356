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
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** The four characters at `at`, one per byte. */
export function fourCC(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
}

/** Whether `type` is a possible box type: printable ASCII, or QuickTime's `©nam` and the like. */
export function isBoxType(type: string): boolean {
  return /^[\x20-\x7e\xa9]{4}$/.test(type)
}

/** Length of the header at `at` in bytes, from its first eight. */
export function headerLength(bytes: Uint8Array, at: number): number {
  const long = uint32(bytes, at) === 1 ? 8 : 0
  const extended = fourCC(bytes, at + 4) === 'uuid' ? 16 : 0
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
