import type { Box } from '../../mp4/boxes/box.js'
import { ChunkCursor } from '../../mp4/index/chunk-cursor.js'
import { sampleCount, sampleTable } from '../../mp4/movie/movie.js'
import { sampleEntryOf, soundUnit } from './mp4-sound.js'

/** Limit of chunks and samples read in all tracks: a little above the most an 8 MiB index can have. */
const MAX_STEPS = 2 ** 22

/**
 * One past the last byte of the samples in a `moov` (ISO/IEC 14496-12 §8.7); 0 if it lists none, `undefined` if its
 * tables can't be read.
 *
 * The last chunk in the file decides for each track: only its samples are added up. Tracks with media in another file
 * (`dref`) do not count.
 */
export function tablesEnd(moov: Box): number | undefined {
  let steps = 0
  let end = 0
  try {
    for (const trak of moov.children) {
      if (trak.type !== 'trak' || isElsewhere(trak)) continue
      const stbl = sampleTable(trak)
      const count = sampleCount(stbl)
      if (count === 0) continue
      const last = lastChunk(stbl, count, MAX_STEPS - steps)
      if (last === undefined) return undefined
      const bytes = bytesOf(stbl, trak, last)
      steps += last.steps + last.samples
      if (bytes === undefined || steps > MAX_STEPS) return undefined
      if (bytes > 0) end = Math.max(end, last.offset + bytes)
    }
    return end
  } catch {
    return undefined
  }
}

interface LastChunk {
  readonly offset: number
  /** Index of its first sample in the track, from 0. */
  readonly first: number
  readonly samples: number
  /** Number of chunks read. */
  readonly steps: number
}

/** Finds the chunk with the largest offset. */
function lastChunk(stbl: Box, count: number, mostSteps: number): LastChunk | undefined {
  const chunks = new ChunkCursor(stbl)
  if (chunks.count > mostSteps) return undefined
  let last: LastChunk | undefined
  let first = 0
  let steps = 0
  while (first < count && chunks.next()) {
    steps++
    const samples = Math.min(chunks.samples, count - first)
    if (last === undefined || chunks.offset >= last.offset)
      last = { offset: chunks.offset, first, samples, steps }
    first += samples
  }
  return last && { ...last, steps }
}

/** Total size of a chunk's samples in bytes. */
function bytesOf(stbl: Box, trak: Box, { first, samples }: LastChunk): number | undefined {
  const stsz = stbl.child('stsz')
  if (stsz !== undefined && stsz.u32(4) > 0) {
    // QuickTime counts single audio samples, and states their size elsewhere.
    const unit = stsz.u32(4) === 1 ? soundUnit(sampleEntryOf(trak)) : undefined
    return unit ? Math.floor((samples * unit.bytes) / unit.samples) : samples * stsz.u32(4)
  }
  const table = stsz ?? stbl.needChild('stz2')
  const bits = stsz ? 32 : table.u8(7)
  if (![4, 8, 16, 32].includes(bits) || samples > MAX_STEPS) return undefined
  table.needLength(12 + Math.ceil(((first + samples) * bits) / 8))
  const sizes = table.content.subarray(12)
  let sum = 0
  for (let n = first; n < first + samples; n++) {
    if (bits === 32) sum += sizes.readUInt32BE(4 * n)
    else if (bits === 16) sum += sizes.readUInt16BE(2 * n)
    else if (bits === 8) sum += sizes[n]!
    else sum += n % 2 === 0 ? sizes[n >> 1]! >> 4 : sizes[n >> 1]! & 15
  }
  return sum
}

/** Whether a track's media may be in another file: a `dref` entry lacks the flag "in this file". */
function isElsewhere(trak: Box): boolean {
  const dref = trak.child('mdia')?.child('minf')?.child('dinf')?.child('dref')
  return dref?.childrenFrom(8, true).some(({ flags }) => (flags & 1) === 0) ?? false
}
