import type { Mp4Error } from '../../errors.js'
import type { Box } from '../boxes/box.js'
import { BoxRewrite } from '../boxes/box-rewrite.js'
import { writeLong } from '../boxes/box-writer.js'
import { MAX_EMPTY_SAMPLES } from '../boxes/limits.js'
import {
  BASE_DATA_OFFSET,
  DEFAULT_BASE_IS_MOOF,
  type Fragment,
  type TrackFragment,
} from '../fragments/fragment.js'
import {
  DATA_OFFSET,
  FIRST_SAMPLE_FLAGS,
  SAMPLE_COMPOSITION_OFFSET,
  type SampleRun,
} from '../fragments/sample-run.js'

/** How far a track's times are shifted, in its ticks. */
export interface TimeShift {
  /** Added to each decode time. */
  readonly decodeShift: number
  /** Subtracted from each composition offset. */
  readonly offsetShift: number
}

/** Fields that contain positions, relative to the start of the `moof`. */
interface Place {
  readonly bytes: Buffer
  readonly at: number
  readonly isLong: boolean
  readonly place: number
}

/**
 * A `moof` with shifted times; `undefined` if there is nothing to shift. Samples stay unchanged, as does their
 * position after the `moof`.
 *
 * Its data offsets then count from the `moof` (`default-base-is-moof`): an offset from the start of a file is
 * meaningless if each segment is a file, and browsers accept no other (the byte stream format of ISO BMFF).
 *
 * @param shiftOf - the shift of a track's times; `undefined` if it stays
 * @throws `Mp4Error` for a time that can't be written
 */
export function rewriteFragment(
  fragment: Fragment,
  shiftOf: (trackId: number) => TimeShift | undefined,
): Buffer | undefined {
  const { box, tracks } = fragment
  const isBased = tracks.every(track => track.defaultBaseIsMoof && track.baseDataOffset === undefined)
  const isMoved = ({ trackId }: TrackFragment) => {
    const shift = shiftOf(trackId)
    return shift !== undefined && (shift.decodeShift !== 0 || shift.offsetShift !== 0)
  }
  if (isBased && !tracks.some(isMoved)) return undefined
  const rewrite = new BoxRewrite(box)
  const places: Place[] = []
  let added = 0
  for (const track of tracks) {
    const { decodeShift, offsetShift } = shiftOf(track.trackId) ?? { decodeShift: 0, offsetShift: 0 }
    const base = baseOf(track, box.offset)
    if (!isBased) rewrite.replace(track.box.needChild('tfhd'), basedOnMoof(track))
    for (const child of track.box.children) {
      if (child.type === 'tfdt' && decodeShift !== 0) {
        rewrite.replace(child, decodeTimeBox(child, track, decodeShift))
      }
      if (child.type === 'saio') {
        const bytes = Buffer.from(child.raw)
        rewrite.replace(child, bytes)
        places.push(...auxiliaryPlaces(child, bytes, base))
      }
    }
    for (const run of track.runs) {
      const hasOffsets = (run.box.flags & SAMPLE_COMPOSITION_OFFSET) !== 0
      if (offsetShift !== 0 && !hasOffsets) added += run.sampleCount
      if (added > MAX_EMPTY_SAMPLES) throw tooManySamples(run.box, added, track.trackId)
      // As all now count from the moof, a first run must state where its data starts.
      const isPlaced = run.dataOffset !== undefined || (!isBased && run === track.runs[0])
      const bytes = runBox(run, offsetShift, isPlaced, track.trackId)
      rewrite.replace(run.box, bytes)
      if (isPlaced) places.push({ bytes, at: 16, isLong: false, place: run.start - box.offset })
    }
  }
  for (const { bytes, at, isLong, place } of places) {
    const moved = rewrite.moved(place)
    if (isLong) writeLong(bytes, moved, at)
    else bytes.writeInt32BE(moved, at)
  }
  return rewrite.bytes()
}

/** The base of a track fragment's offsets, relative to the `moof` at `offset`. */
function baseOf({ runs: [run] }: TrackFragment, offset: number): number {
  return run === undefined ? 0 : run.start - offset - (run.dataOffset ?? 0)
}

/** A `tfhd` whose data offsets count from the `moof`. */
function basedOnMoof({ box, baseDataOffset }: TrackFragment): Buffer {
  const tfhd = box.needChild('tfhd')
  const { content } = tfhd
  const flags = (tfhd.flags & ~BASE_DATA_OFFSET) | DEFAULT_BASE_IS_MOOF
  const rest = content.subarray(baseDataOffset === undefined ? 8 : 16)
  const bytes = newBox('tfhd', tfhd.version, flags, 4 + rest.length)
  content.copy(bytes, 12, 4, 8)
  rest.copy(bytes, 16)
  return bytes
}

function decodeTimeBox(tfdt: Box, { decodeTime, trackId }: TrackFragment, shift: number): Buffer {
  const time = decodeTime! + shift
  if (time < 0 || !Number.isSafeInteger(time)) throw unwritable(tfdt, 'decode time', time, trackId)
  const bytes = newBox('tfdt', 1, tfdt.flags, 8)
  writeLong(bytes, time, 12)
  return bytes
}

/**
 * A `trun` with shifted offsets, which are then signed.
 *
 * @param isPlaced - whether it states where its data starts; that is filled in later, at byte 16
 */
function runBox(run: SampleRun, offsetShift: number, isPlaced: boolean, trackId: number): Buffer {
  const { box, sampleCount } = run
  const { flags } = box
  const isShifted = offsetShift !== 0 && sampleCount > 0
  const wanted = flags | (isPlaced ? DATA_OFFSET : 0) | (isShifted ? SAMPLE_COMPOSITION_OFFSET : 0)
  const firstFlags = flags & FIRST_SAMPLE_FLAGS ? 4 : 0
  const head = (isPlaced ? 8 : 4) + firstFlags
  const table = 8 + (flags & DATA_OFFSET ? 4 : 0) + firstFlags
  const row = rowLength(flags)
  const newRow = rowLength(wanted)
  const bytes = newBox('trun', isShifted ? 1 : box.version, wanted, head + sampleCount * newRow)
  const { content } = box
  bytes.writeUInt32BE(sampleCount, 12)
  content.copy(bytes, isPlaced ? 20 : 16, table - firstFlags, table)
  let to = 12 + head
  if (!isShifted) {
    content.copy(bytes, to, table, table + sampleCount * row)
    return bytes
  }
  for (let n = 0, from = table; n < sampleCount; n++, from += row, to += newRow) {
    content.copy(bytes, to, from, from + newRow - 4)
    const offset = run.compositionOffsetAt(n) - offsetShift
    if (offset !== (offset | 0)) throw unwritable(box, 'composition offset', offset, trackId)
    bytes.writeInt32BE(offset, to + newRow - 4)
  }
  return bytes
}

/** Length of a sample's row in a `trun`; the composition offset is the last of up to four fields. */
function rowLength(flags: number): number {
  let length = 0
  for (let field = 0x100; field <= SAMPLE_COMPOSITION_OFFSET; field *= 2) if (flags & field) length += 4
  return length
}

/** The offsets of a `saio`, whose bytes were copied to `bytes`. */
function auxiliaryPlaces(saio: Box, bytes: Buffer, base: number): Place[] {
  const isLong = saio.version > 0
  const from = saio.flags & 1 ? 16 : 8
  const step = isLong ? 8 : 4
  const count = saio.u32(from - 4)
  saio.needLength(from + count * step)
  return Array.from({ length: count }, (_, n) => {
    const at = from + n * step
    const place = base + (isLong ? saio.u64(at) : saio.u32(at))
    return { bytes, at: saio.size - saio.length + at, isLong, place }
  })
}

function newBox(type: string, version: number, flags: number, length: number): Buffer {
  const bytes = Buffer.alloc(12 + length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.write(type, 4, 'latin1')
  bytes.writeUInt32BE(version * 2 ** 24 + flags, 8)
  return bytes
}

function unwritable(box: Box, what: string, value: number, trackId: number): Mp4Error {
  const message = `after applying its edit list, a ${what} is ${value} ticks, which does not fit its field`
  return box.error('AVIO_ERR_MP4_BOX_INVALID', message, trackId)
}

function tooManySamples(box: Box, count: number, trackId: number): Mp4Error {
  const message = `${count} samples without a composition offset; the limit per fragment is ${MAX_EMPTY_SAMPLES}`
  return box.error('AVIO_ERR_MP4_LIMIT', message, trackId)
}
