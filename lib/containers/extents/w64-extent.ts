import { mediaChunk } from './chunk-walk.js'
import { type Walk, isUnknown64, u64le } from './walk.js'

const DATA = Buffer.from('64617461f3acd3118cd100c04f8edb8a', 'hex')
/** An id of 16 bytes and a size of 8, which counts both. */
const HEADER = 24

/** Sony Wave64: WAV with ids of 16 bytes and sizes of 64 bits. */
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
