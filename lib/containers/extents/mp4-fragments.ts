import type { Box } from '../../mp4/boxes/box.js'

/** Default sample size in bytes, by track. */
export type SampleSizes = ReadonlyMap<number, number>

/** Reads the `trex` defaults of each track. */
export function defaultSizes(moov: Box): SampleSizes {
  const sizes = new Map<number, number>()
  try {
    for (const trex of moov.child('mvex')?.children ?? []) {
      if (trex.type === 'trex') sizes.set(trex.u32(4), trex.u32(16))
    }
  } catch {
    // Ignores a broken `trex`; the fragments may state the sizes.
  }
  return sizes
}

/** Flags of `tfhd` (ISO/IEC 14496-12 §8.8.7). */
const BASE_OFFSET = 1
const DESCRIPTION = 2
const DURATION = 8
const SIZE = 0x10
const BASE_IS_MOOF = 0x20000
/** Flags of `trun` (§8.8.8). */
const RUN_OFFSET = 1
const FIRST_FLAGS = 4
const RUN_SIZE = 0x200
/** Fields of a sample: duration, size, flags, composition offset. */
const PER_SAMPLE = [0x100, RUN_SIZE, 0x400, 0x800]

/**
 * One past the last byte of a fragment's samples; 0 if it has none, `undefined` if unknown: its offsets have another
 * base, or its tables are broken.
 */
export function fragmentEnd(moof: Box, defaults: SampleSizes): number | undefined {
  let end = 0
  let behind = moof.offset
  try {
    for (const traf of moof.children) {
      if (traf.type !== 'traf') continue
      const tfhd = traf.needChild('tfhd')
      const has = (flag: number) => (tfhd.flags & flag) !== 0
      // In a reassembled stream, offsets count from the start of another file.
      if (has(BASE_OFFSET) && tfhd.u64(8) !== moof.offset) return undefined
      const base = has(BASE_OFFSET) || has(BASE_IS_MOOF) ? moof.offset : behind
      const sizeAt = 8 + (has(BASE_OFFSET) ? 8 : 0) + (has(DESCRIPTION) ? 4 : 0) + (has(DURATION) ? 4 : 0)
      const size = has(SIZE) ? tfhd.u32(sizeAt) : defaults.get(tfhd.u32(4))
      let at = base
      for (const trun of traf.children) {
        if (trun.type !== 'trun') continue
        if ((trun.flags & RUN_OFFSET) !== 0) at = base + trun.i32(8)
        const bytes = runBytes(trun, size)
        if (bytes === undefined) return undefined
        at += bytes
        if (bytes > 0) end = Math.max(end, at)
      }
      behind = at
    }
    return Number.isSafeInteger(end) ? end : undefined
  } catch {
    return undefined
  }
}

/** Total size of a `trun`'s samples in bytes. */
function runBytes(trun: Box, defaultSize: number | undefined): number | undefined {
  const { flags } = trun
  const count = trun.u32(4)
  if ((flags & RUN_SIZE) === 0) return count === 0 ? 0 : defaultSize && count * defaultSize
  const start = 8 + ((flags & RUN_OFFSET) === 0 ? 0 : 4) + ((flags & FIRST_FLAGS) === 0 ? 0 : 4)
  const stride = 4 * PER_SAMPLE.filter(flag => (flags & flag) !== 0).length
  trun.needLength(start + count * stride)
  const { content } = trun
  let sum = 0
  const first = start + ((flags & 0x100) === 0 ? 0 : 4)
  for (let n = 0; n < count; n++) sum += content.readUInt32BE(first + n * stride)
  return sum
}
