import { mediaChunk } from './chunk-walk.js'
import { type Walk, isUnknown32, isUnknown64, u64le, word } from './walk.js'

/** The size of `data` that refers to `ds64`. */
const SEE_DS64 = 0xffffffff

/**
 * WAV, RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088): the media are the chunk `data`. Its size has 32 bits; if it is
 * −1 in RF64 or BW64, the first chunk, `ds64`, states it in 64.
 */
export function* wavExtent(from: number): Walk {
  const { bytes } = yield { at: from, length: 36 }
  const isLong = bytes.length === 36 && word(bytes, 0) !== 'RIFF' && word(bytes, 12) === 'ds64'
  const long = isLong ? u64le(bytes, 28) : 0
  const sizeOf = (header: Buffer) => header.readUInt32LE(4)
  return yield* mediaChunk(from + 12, {
    headerLength: 8,
    isMedia: header => word(header, 0) === 'data',
    sizeOf: header => {
      const size = sizeOf(header)
      return isLong && size === SEE_DS64 && word(header, 0) === 'data' ? long : size
    },
    isUnknown: size => (isLong && size === long ? isUnknown64(size) : isUnknown32(size)),
    align: 2,
    by: isLong ? 'its size of the data (ds64)' : 'its chunk "data"',
  })
}
