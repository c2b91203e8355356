import { ID } from '../../lib/matroska/segment.js'

/** Writes small Matroska files by hand. */

/** The bytes of an element id. */
export const id = (value: number): Buffer => Buffer.from(value.toString(16).padStart(2, '0'), 'hex')

/** An element with a size of eight bytes. */
export function element(type: number, ...parts: (Buffer | number)[]): Buffer {
  const data = Buffer.concat(parts.map(part => (typeof part === 'number' ? unsigned(part) : part)))
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(BigInt(data.length) | (1n << 56n))
  return Buffer.concat([id(type), size, data])
}

/** The same, of unknown size. */
export function endless(type: number, ...parts: Buffer[]): Buffer {
  return Buffer.concat([id(type), Buffer.from('01ffffffffffffff', 'hex'), ...parts])
}

/** An unsigned integer of eight bytes. */
export function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

/** A `SeekHead` with entries of equal length, so that offsets are known before it is written. */
export function seekHead(...entries: readonly (readonly [type: number, position: number])[]): Buffer {
  return element(
    ID.seekHead,
    ...entries.map(([type, position]) =>
      element(ID.seek, element(ID.seekId, id(type)), element(ID.seekPosition, position)),
    ),
  )
}

/** A `CuePoint`. */
export function cue(
  time: number,
  ...places: readonly (readonly [track: number, position: number])[]
): Buffer {
  const positions = places.map(([track, position]) =>
    element(ID.cueTrackPositions, element(ID.cueTrack, track), element(ID.cueClusterPosition, position)),
  )
  return element(ID.cuePoint, element(ID.cueTime, time), ...positions)
}

/** A `TrackEntry`: type 1 is video, 2 audio. */
export function trackEntry(number: number, type: number, codecDelay = 0): Buffer {
  const fields = [
    element(ID.trackNumber, number),
    element(ID.trackType, type),
    element(ID.codecDelay, codecDelay),
  ]
  return element(ID.trackEntry, ...fields)
}

/** The header of a file. */
export const EBML_HEADER = element(ID.header, element(0x4282, Buffer.from('matroska')))

/** A file: the header, and a segment with these elements. */
export const matroskaFile = (...parts: Buffer[]): Buffer =>
  Buffer.concat([EBML_HEADER, element(ID.segment, ...parts)])

/** The offset of the segment's data in such a file. */
export const SEGMENT_START = EBML_HEADER.length + 12
