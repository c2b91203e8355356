import { Mp4Error } from '../../errors.js'
import type { Box } from '../boxes/box.js'
import { fourCC, uint32 } from '../boxes/box-header.js'
import { MAX_FRAGMENT_BOXES, MAX_FRAGMENT_SIZE, MAX_TRACKS } from '../boxes/limits.js'
import type { TopLevelBoxes } from './top-level-boxes.js'

/** Length of an `mfro`, the last box of an `mfra`. */
const MFRO_LENGTH = 16
/** Positions taken from an index, evenly spaced: a few are enough as starting points. */
const MAX_PLACES = 2 ** 12

/**
 * Positions after the first where boxes of a fragmented file start, in ascending order, from its index: the
 * `sidx` after the `moov` (ISO/IEC 14496-12 §8.16.3), otherwise the `mfra` at the end (§8.8.9). Empty if there
 * is neither, or it is damaged.
 *
 * Only the positions are used. The times of a `tfra` are not those of the samples in ffmpeg's output (an edit
 * is applied, and times before 0 are cut), it lists fragments without a sync sample at the start, and neither
 * index tells where in a fragment a sample is.
 *
 * @param topLevel - the file
 * @param start - the end of its `moov`: nothing before it is listed
 */
export async function fragmentPlaces(topLevel: TopLevelBoxes, start: number): Promise<number[]> {
  try {
    const places = (await fromSidx(topLevel, start)) ?? (await fromMfra(topLevel)) ?? []
    return [...new Set(places)].filter(place => place > start && place < topLevel.size).sort((a, b) => a - b)
  } catch (error) {
    // An error in an optional index is ignored.
    if (error instanceof Mp4Error) return []
    throw error
  }
}

async function fromSidx(topLevel: TopLevelBoxes, start: number): Promise<number[] | undefined> {
  const header = await topLevel.boxAt(start)
  if (header?.type !== 'sidx') return undefined
  const sidx = await topLevel.read(header, MAX_FRAGMENT_SIZE)
  const isLong = sidx.version > 0
  const firstOffset = isLong ? sidx.u64(20) : sidx.u32(16)
  const table = isLong ? 32 : 24
  const count = sidx.u16(table - 2)
  // One in front of each segment tells no more about the next one's position than its own size.
  if (count < 2) return undefined
  sidx.needLength(table + 12 * count)
  const places: number[] = []
  let place = header.end + firstOffset
  for (let n = 0; n < count; n++) {
    places.push(place)
    place += sidx.u32(table + 12 * n) & 0x7fff_ffff
  }
  return places
}

async function fromMfra(topLevel: TopLevelBoxes): Promise<number[] | undefined> {
  const { size } = topLevel
  if (size < MFRO_LENGTH) return undefined
  const mfro = await topLevel.bytes(size - MFRO_LENGTH, MFRO_LENGTH)
  if (uint32(mfro, 0) !== MFRO_LENGTH || fourCC(mfro, 4) !== 'mfro') return undefined
  const length = uint32(mfro, 12)
  if (length > size) return undefined
  const header = await topLevel.boxAt(size - length)
  if (header?.type !== 'mfra' || header.end !== size) return undefined
  const mfra = await topLevel.read(header, MAX_FRAGMENT_SIZE)
  const tables = mfra.children.filter(({ type }) => type === 'tfra').slice(0, MAX_TRACKS)
  return tables.flatMap(tfra => placesOf(tfra, Math.ceil(MAX_PLACES / tables.length)))
}

function placesOf(tfra: Box, most: number): number[] {
  const lengths = tfra.u32(8)
  const number = (at: number) => ((lengths >> at) & 3) + 1
  const count = tfra.u32(12)
  const isLong = tfra.version === 1
  const row = (isLong ? 16 : 8) + number(4) + number(2) + number(0)
  if (count > MAX_FRAGMENT_BOXES)
    throw tfra.error('AVIO_ERR_MP4_LIMIT', `${count} entries; that is over the limit`)
  tfra.needLength(16 + count * row)
  const step = row * Math.max(1, Math.ceil(count / most))
  const places: number[] = []
  for (let at = 16; at < 16 + count * row; at += step) {
    places.push(isLong ? tfra.u64(at + 8) : tfra.u32(at + 4))
  }
  return places
}
