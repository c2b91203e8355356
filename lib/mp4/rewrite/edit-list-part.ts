import { type Part, boxPart, numbersPart, writeLong } from '../boxes/box-writer.js'
import type { Mp4Edit } from '../boxes/leaf-boxes.js'

/** An `elst` (ISO/IEC 14496-12 §8.6.6), in version 1 if a number needs 64 bits. */
export function editListPart(edits: readonly Mp4Edit[]): Part {
  const isLong = edits.some(edit => edit.segmentDuration >= 0xffffffff || edit.mediaTime > 0x7fffffff)
  const table: Part = {
    size: edits.length * (isLong ? 20 : 12),
    write: (to, start) => {
      let at = start
      for (const { segmentDuration, mediaTime, mediaRate } of edits) {
        if (isLong) {
          at = writeLong(to, segmentDuration, at)
          at = mediaTime < 0 ? to.writeBigInt64BE(-1n, at) : writeLong(to, mediaTime, at)
        } else {
          at = to.writeUInt32BE(segmentDuration, at)
          at = to.writeInt32BE(mediaTime, at)
        }
        at = to.writeUInt32BE(Math.round(mediaRate * 0x10000) >>> 0, at)
      }
    },
  }
  return boxPart('elst', [numbersPart(isLong ? 2 ** 24 : 0, edits.length), table])
}
