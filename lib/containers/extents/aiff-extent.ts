import { mediaChunk } from './chunk-walk.js'
import { type Walk, isUnknown32, word } from './walk.js'

/** AIFF and AIFF-C: the media are the chunk `SSND`. */
export function* aiffExtent(from: number): Walk {
  return yield* mediaChunk(from + 12, {
    headerLength: 8,
    isMedia: header => word(header, 0) === 'SSND',
    sizeOf: header => header.readUInt32BE(4),
    isUnknown: isUnknown32,
    align: 2,
    by: 'its chunk "SSND"',
  })
}
