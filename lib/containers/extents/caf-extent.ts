import { mediaChunk } from './chunk-walk.js'
import { type Walk, isUnknown64, u64be, word } from './walk.js'

/** Core Audio Format: the media are the chunk `data`, with size −1 if unknown. */
export function* cafExtent(from: number): Walk {
  return yield* mediaChunk(from + 8, {
    headerLength: 12,
    isMedia: header => word(header, 0) === 'data',
    sizeOf: header => u64be(header, 4),
    isUnknown: isUnknown64,
    align: 1,
    by: 'its chunk "data"',
  })
}
