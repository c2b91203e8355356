import { mediaChunk } from './chunk-walk.js'
import { type Walk, isUnknown64, u64le } from './walk.js'

const DATA = Buffer.from('64617461f3acd3118cd100c04f8edb8a', 'hex')
/** A 16-byte id and an 8-byte size that includes both. */
const HEADER = 24

/** Sony Wave64: WAV with 16-byte ids and 64-bit sizes. */
export function* w64Extent(from: number): Walk {
  return yield* mediaChunk(from + 40, {
    headerLength: HEADER,
    isMedia: header => DATA.equals(header.subarray(0, 16)),
    sizeOf: header => u64le(header, 16) - HEADER,
    isUnknown: size => size === 0 || isUnknown64(size + HEADER),
    align: 8,
    by: 'its chunk "data"',
  })
}
