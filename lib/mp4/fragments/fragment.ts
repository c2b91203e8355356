import type { Box } from '../boxes/box.js'
import { uint32 } from '../boxes/box-header.js'
import { MAX_RUN_SAMPLES } from '../boxes/limits.js'
import type { SampleDefaults } from '../boxes/leaf-boxes.js'

/**
 * A movie fragment: a parsed `moof` (ISO/IEC 14496-12 §8.8).
 *
 * mux.js can parse it too, into an object per sample; with a fragment per frame that would dominate the CPU
 * time, and it truncates 64-bit offsets to 32 and ignores the flags of `tfhd`. So the few fields are read here,
 * in place; a test compares them with mux.js.
 */
export interface Fragment {
  /** The `moof` itself. */
  readonly box: Box
  readonly sequence: number
  readonly tracks: readonly TrackFragment[]
}

/** A `traf`: a fragment's part of one track. */
export interface TrackFragment {
  /** The `traf` itself. */
  readonly box: Box
  readonly trackId: number
  /** Decode time of the first sample, in the track's timescale; `undefined` without a `tfdt`. */
  readonly decodeTime: number | undefined
  /** The base of data offsets; `undefined` if `tfhd` states none. */
  readonly baseDataOffset: number | undefined
  /** Whether they count from the start of the `moof` if no base is stated. */
  readonly defaultBaseIsMoof: boolean
  /** Whether it represents time without samples, one default duration long. */
  readonly durationIsEmpty: boolean
  /** Its sample entry, from 1; `undefined` if only `trex` states it. */
  readonly sampleDescription: number | undefined
  /** Defaults for its samples. */
  readonly defaults: SampleDefaults
  readonly runs: readonly SampleRun[]
  /** Whether it has encryption data (`saio`), which may be anywhere, including its `mdat`. */
  readonly hasAuxiliaryOffsets: boolean
}

const NO_DEFAULTS: SampleDefaults = { duration: 0, size: 0, flags: 0 }

/** Reads a `moof`. `defaultsOf` returns a track's `trex` defaults, or nothing for an unknown track. */
export function parseFragment(
  moof: Box,
  defaultsOf: (trackId: number) => SampleDefaults | undefined,
): Fragment {
  const sequence = moof.needChild('mfhd').u32(4)
  const tracks: TrackFragment[] = []
  for (const child of moof.children) {
    if (child.type === 'traf') tracks.push(parseTrackFragment(child, defaultsOf))
  }
  return { box: moof, sequence, tracks }
}

/** Flags of `tfhd`: a base for data offsets is stated. */
export const BASE_DATA_OFFSET = 0x01
const SAMPLE_DESCRIPTION_INDEX = 0x02
const DEFAULT_DURATION = 0x08
const DEFAULT_SIZE = 0x10
const DEFAULT_FLAGS = 0x20
const DURATION_IS_EMPTY = 0x010000
/** Data offsets count from the start of the `moof`. */
export const DEFAULT_BASE_IS_MOOF = 0x020000

function parseTrackFragment(
  traf: Box,
  defaultsOf: (trackId: number) => SampleDefaults | undefined,
): TrackFragment {
  const tfhd = traf.needChild('tfhd')
  const flags = tfhd.flags
  const trackId = tfhd.u32(4)
  const inherited = defaultsOf(trackId) ?? NO_DEFAULTS
  let at = 8
  const next32 = (): number => {
    at += 4
    return tfhd.u32(at - 4)
  }
  let baseDataOffset: number | undefined
  if (flags & BASE_DATA_OFFSET) {
    baseDataOffset = tfhd.u64(at)
    at += 8
  }
  const sampleDescription = flags & SAMPLE_DESCRIPTION_INDEX ? next32() : undefined
  const defaults = {
    duration: flags & DEFAULT_DURATION ? next32() : inherited.duration,
    size: flags & DEFAULT_SIZE ? next32() : inherited.size,
    flags: flags & DEFAULT_FLAGS ? next32() : inherited.flags,
  }
  let decodeTime: number | undefined
  let hasAuxiliaryOffsets = false
  const runs: SampleRun[] = []
  for (const child of traf.children) {
    if (child.type === 'trun') runs.push(new SampleRun(child, defaults))
    else if (child.type === 'tfdt') decodeTime = child.version === 1 ? child.u64(4) : child.u32(4)
    else if (child.type === 'saio') hasAuxiliaryOffsets = true
  }
  return {
    box: traf,
    trackId,
    decodeTime,
    baseDataOffset,
    defaultBaseIsMoof: (flags & DEFAULT_BASE_IS_MOOF) !== 0,
    durationIsEmpty: (flags & DURATION_IS_EMPTY) !== 0,
    sampleDescription,
    defaults,
    runs,
    hasAuxiliaryOffsets,
  }
}

/** Flags of `trun`: the fields present. */
export const DATA_OFFSET = 0x001
export const FIRST_SAMPLE_FLAGS = 0x004
const SAMPLE_DURATION = 0x100
const SAMPLE_SIZE = 0x200
const SAMPLE_FLAGS = 0x400
export const SAMPLE_COMPOSITION_OFFSET = 0x800

const NON_SYNC = 0x010000

/** Whether sample flags (ISO/IEC 14496-12 §8.8.3.1) mark a sync sample: one that decodes on its own. */
export function isSync(flags: number): boolean {
  return (flags & NON_SYNC) === 0
}

/** Sums over a run's samples. Times are in the track's timescale, relative to the run's first sample. */
export interface RunTotals {
  /** Sum of all durations. */
  readonly duration: number
  /** Sum of all sizes, in bytes. */
  readonly size: number
  /** Earliest composition time; 0 without composition offsets. */
  readonly presentationStart: number
  /** Latest composition time plus duration. */
  readonly presentationEnd: number
}

/**
 * A `trun`: samples with contiguous data. Its table is read in place, field by field; a field missing from the
 * table has the track's default.
 */
export class SampleRun {
  readonly box: Box
  readonly sampleCount: number
  /** Start of the data, relative to the track fragment's base; `undefined`: where the previous run ended. */
  readonly dataOffset: number | undefined
  readonly #defaults: SampleDefaults
  readonly #firstFlags: number | undefined
  /** Start of the table in the box's bytes, and the length of one row. */
  readonly #table: number
  readonly #row: number
  /** Position of each field in a row; −1 if absent. */
  readonly #duration: number
  readonly #size: number
  readonly #flags: number
  readonly #offset: number
  readonly #signedOffsets: boolean
  #totals: RunTotals | undefined

  constructor(box: Box, defaults: SampleDefaults) {
    this.box = box
    this.#defaults = defaults
    const flags = box.flags
    this.sampleCount = box.u32(4)
    let at = 8
    if (flags & DATA_OFFSET) {
      this.dataOffset = box.i32(at)
      at += 4
    } else {
      this.dataOffset = undefined
    }
    if (flags & FIRST_SAMPLE_FLAGS) {
      this.#firstFlags = box.u32(at)
      at += 4
    }
    this.#table = box.contentStart + at
    let row = 0
    const field = (flag: number): number => {
      if ((flags & flag) === 0) return -1
      row += 4
      return row - 4
    }
    this.#duration = field(SAMPLE_DURATION)
    this.#size = field(SAMPLE_SIZE)
    this.#flags = field(SAMPLE_FLAGS)
    this.#offset = field(SAMPLE_COMPOSITION_OFFSET)
    this.#row = row
    this.#signedOffsets = box.version > 0
    if (this.sampleCount > MAX_RUN_SAMPLES) {
      const message = `${this.sampleCount} samples; the limit for one run is ${MAX_RUN_SAMPLES}`
      throw box.error('AVIO_ERR_MP4_LIMIT', message)
    }
    box.needLength(at + this.sampleCount * row)
  }

  /** Whether all samples are identical (except the flags of the first): they take no table. */
  get isUniform(): boolean {
    return this.#row === 0
  }

  /** Duration of sample `n` (from 0), in the track's timescale. */
  durationAt(n: number): number {
    return this.#duration < 0 ? this.#defaults.duration : this.#field(n, this.#duration)
  }

  /** Size of sample `n`, in bytes. */
  sizeAt(n: number): number {
    return this.#size < 0 ? this.#defaults.size : this.#field(n, this.#size)
  }

  /** Flags of sample `n` (ISO/IEC 14496-12 §8.8.3.1); for the first, those stated for it alone. */
  flagsAt(n: number): number {
    if (n === 0 && this.#firstFlags !== undefined) return this.#firstFlags
    return this.#flags < 0 ? this.#defaults.flags : this.#field(n, this.#flags)
  }

  /** Composition time of sample `n` minus its decode time, in the track's timescale; negative in version 1 only. */
  compositionOffsetAt(n: number): number {
    if (this.#offset < 0) return 0
    return this.#signed(this.#field(n, this.#offset))
  }

  /** Sums over the samples. Without a table this takes no loop, however many samples the run claims. */
  get totals(): RunTotals {
    return (this.#totals ??= this.#add())
  }

  #add(): RunTotals {
    const duration = this.#sum(this.#duration, this.#defaults.duration)
    const size = this.#sum(this.#size, this.#defaults.size)
    if (this.#offset < 0 || this.sampleCount === 0) {
      return { duration, size, presentationStart: 0, presentationEnd: duration }
    }
    const [presentationStart, presentationEnd] = this.#presentation()
    return { duration, size, presentationStart, presentationEnd }
  }

  /** Sums one field; a default needs no loop. */
  #sum(field: number, fallback: number): number {
    if (field < 0) return this.sampleCount * fallback
    const { bytes } = this.box
    const end = this.#table + this.sampleCount * this.#row
    let sum = 0
    for (let at = this.#table + field; at < end; at += this.#row) sum += uint32(bytes, at)
    return sum
  }

  /** Presentation start of the earliest sample, and end of the latest. */
  #presentation(): [start: number, end: number] {
    let time = 0
    let first = Infinity
    let last = -Infinity
    for (let n = 0; n < this.sampleCount; n++) {
      const start = time + this.compositionOffsetAt(n)
      const duration = this.durationAt(n)
      if (start < first) first = start
      if (start + duration > last) last = start + duration
      time += duration
    }
    return [first, last]
  }

  #signed(offset: number): number {
    return this.#signedOffsets ? offset | 0 : offset
  }

  #field(n: number, at: number): number {
    return uint32(this.box.bytes, this.#table + n * this.#row + at)
  }
}
