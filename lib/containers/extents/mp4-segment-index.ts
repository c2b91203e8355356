import type { Box } from '../../mp4/boxes/box.js'

/** The largest size a reference can state. It marks a larger size, so it is not used. */
const MAX_REFERENCE = 0x7fffffff

/**
 * One past the last byte referenced by a `sidx` (ISO/IEC 14496-12 §8.16.3); `undefined` if unknown. Offsets count from
 * the first byte after the box.
 */
export function segmentIndexEnd(sidx: Box): number | undefined {
  try {
    const isLong = sidx.version > 0
    const at = isLong ? 28 : 20
    const first = isLong ? sidx.u64(20) : sidx.u32(16)
    const count = sidx.u16(at + 2)
    sidx.needLength(at + 4 + 12 * count)
    let end = sidx.offset + sidx.size + first
    for (let n = 0; n < count; n++) {
      const size = sidx.u32(at + 4 + 12 * n) % 2 ** 31
      if (size === 0 || size === MAX_REFERENCE) return undefined
      end += size
    }
    return count > 0 && Number.isSafeInteger(end) ? end : undefined
  } catch {
    return undefined
  }
}
