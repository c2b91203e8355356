import type { Box } from '../../mp4/boxes/box.js'
import { sampleTable } from '../../mp4/movie/movie.js'

/** Audio samples per packet, and bytes per packet. */
export interface SoundUnit {
  readonly samples: number
  readonly bytes: number
}

/** Uncompressed and companded codecs: a sample in the tables is one audio sample, sized by its bits. */
const PLAIN = new Set('raw  NONE twos sowt in24 in32 fl32 fl64 ulaw alaw ipcm fpcm'.split(/ (?! )/))

/** The first sample entry of an audio track. */
export function sampleEntryOf(trak: Box): Box | undefined {
  const hdlr = trak.child('mdia')?.child('hdlr')
  if (hdlr?.type4(8) !== 'soun') return undefined
  return sampleTable(trak).child('stsd')?.childrenFrom(8, true)[0]
}

/**
 * Reads packet sizes from a QuickTime sound description (QuickTime File Format, "Sound Sample Descriptions") that
 * counts single samples; `undefined` if it states none.
 */
export function soundUnit(entry: Box | undefined): SoundUnit | undefined {
  if (entry === undefined || entry.length < 28) return undefined
  const version = entry.u16(8)
  if (version === 1 && entry.length >= 44) return unit(entry.u32(28), entry.u32(36))
  if (version === 2 && entry.length >= 64) return unit(entry.u32(60), entry.u32(56))
  if (version !== 0 || !PLAIN.has(entry.type)) return undefined
  return unit(1, entry.u16(16) * Math.ceil(entry.u16(18) / 8))
}

function unit(samples: number, bytes: number): SoundUnit | undefined {
  return samples > 0 && bytes > 0 ? { samples, bytes } : undefined
}
