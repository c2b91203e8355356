import type { SampleRun } from '../fragments/sample-run.js'
import { audioEntry } from './sample-entry.js'
import type { Box } from '../boxes/box.js'

/**
 * Uncompressed audio. In an ordinary file one sample is one frame, the values of all channels at one time, and
 * lasts one tick (QuickTime's "Sound Media"; ISO/IEC 23003-5 §5). In fragments, ffmpeg writes each packet as a
 * sample of a thousand or more frames: in the tables of an ordinary file, readers would take each for one frame
 * and lose the rest.
 */

/** QuickTime formats with an implicit value size, in bytes. */
const VALUE_BYTES: Readonly<Record<string, number>> = {
  in24: 3,
  in32: 4,
  fl32: 4,
  fl64: 8,
  ulaw: 1,
  alaw: 1,
}
/** Formats with the value size in the entry. */
const SIZED: ReadonlySet<string> = new Set(['sowt', 'twos', 'raw ', 'NONE'])
/** ISO's own, for integers and floating point. */
const ISO: ReadonlySet<string> = new Set(['ipcm', 'fpcm'])

/**
 * Bytes per frame of a track.
 *
 * @param stsd - its sample descriptions
 * @param timescale - its ticks a second
 * @returns `undefined` if it is something else, has several descriptions, or its timescale is not its frame
 * rate
 */
export function pcmFrameSize(stsd: Box, timescale: number): number | undefined {
  const [entry, ...others] = stsd.childrenFrom(8)
  if (entry === undefined || others.length > 0) return undefined
  const size = frameSize(entry, stsd.version)
  if (size === undefined || size === 0) return undefined
  return audioEntry(entry, stsd.version).sampleRate === timescale ? size : undefined
}

function frameSize(entry: Box, stsdVersion: number): number | undefined {
  const { type } = entry
  const isKnown = Object.hasOwn(VALUE_BYTES, type) || SIZED.has(type) || ISO.has(type) || type === 'lpcm'
  if (!isKnown) return undefined
  const { entry: read, channels = 0 } = audioEntry(entry, stsdVersion)
  // QuickTime's version 2 states bytes and frames per packet; anything but whole bytes is not supported.
  if (entry.u16(8) === 2 && stsdVersion === 0) return entry.u32(60) === 1 ? entry.u32(56) : undefined
  if (ISO.has(type)) {
    const bits = read.config('pcmC', 6)?.[5] ?? 0
    return bits % 8 === 0 ? (bits / 8) * channels : undefined
  }
  return (VALUE_BYTES[type] ?? Math.ceil(entry.u16(18) / 8)) * channels
}

/** Index data of a run of samples. */
export type IndexedRun = Pick<
  SampleRun,
  'sampleCount' | 'isUniform' | 'totals' | 'sizeAt' | 'durationAt' | 'compositionOffsetAt' | 'flagsAt'
>

/** `sample_depends_on` 2: depends on no other. */
const SYNC_FLAGS = 0x02000000

/** The same media as frames of `size` bytes; unchanged if it is not divisible. */
export function framesOf(run: SampleRun, size: number | undefined): IndexedRun {
  if (size === undefined || run.totals.size % size !== 0) return run
  return {
    sampleCount: run.totals.size / size,
    isUniform: true,
    totals: run.totals,
    sizeAt: () => size,
    durationAt: () => 1,
    compositionOffsetAt: () => 0,
    flagsAt: () => SYNC_FLAGS,
  }
}
