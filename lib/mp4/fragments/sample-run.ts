import { codeAt, uint32 } from '../boxes/box-header.js'
import type { Box } from '../boxes/box.js'
import { InnerBox } from '../boxes/inner-box.js'
import type { SampleDefaults } from '../boxes/leaf-boxes.js'
import { MAX_RUN_SAMPLES } from '../boxes/limits.js'

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

/** Positions of the fields in a row of the table, −1 if absent, and the row's length. */
interface Row {
  readonly duration: number
  readonly size: number
  readonly flags: number
  readonly offset: number
  readonly length: number
}

/** The rows of all combinations of the four flags. */
const ROWS = Array.from({ length: 16 }, (_, fields): Row => {
  let length = 0
  const field = (flag: number): number => {
    if (((fields << 8) & flag) === 0) return -1
    length += 4
    return length - 4
  }
  const duration = field(SAMPLE_DURATION)
  const size = field(SAMPLE_SIZE)
  const flags = field(SAMPLE_FLAGS)
  const offset = field(SAMPLE_COMPOSITION_OFFSET)
  return { duration, size, flags, offset, length }
})

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

/** The track fragment of a run. */
export interface RunTrack {
  readonly trackId: number
  /** Defaults for its samples. */
  readonly defaults: SampleDefaults
}

/**
 * A `trun`: samples with contiguous data. Its table is read in place, field by field; a field missing from the
 * table has the track's default.
 */
export class SampleRun {
  /** The `trun`, as far as its fields and its place go. */
  readonly trun = new InnerBox('trun')
  sampleCount = 0
  /** Start of the data, relative to the track fragment's base; `undefined`: where the previous run ended. */
  dataOffset: number | undefined
  /** Start of the data in the stream, once the whole fragment is read. */
  start = 0
  /** One past its last byte. */
  end = 0
  readonly #track: RunTrack
  #firstFlags: number | undefined
  /** Start of the table in the box's bytes. */
  #table = 0
  /** What a row of the table has. */
  #row: Row = ROWS[0]!
  #signedOffsets = false
  readonly #totals = { duration: 0, size: 0, presentationStart: 0, presentationEnd: 0 }
  #isAddedUp = false

  /** @param track - the track fragment, with the defaults of its samples */
  constructor(track: RunTrack) {
    this.#track = track
  }

  /** The `trun` itself. */
  get box(): Box {
    return this.trun.box
  }

  get trackId(): number {
    return this.#track.trackId
  }

  /** Reads the box that `trun` was moved to. */
  read(): void {
    const { trun } = this
    const { flags } = trun
    this.sampleCount = trun.u32(4)
    let at = 8
    this.dataOffset = flags & DATA_OFFSET ? trun.i32(at) : undefined
    if (flags & DATA_OFFSET) at += 4
    this.#firstFlags = flags & FIRST_SAMPLE_FLAGS ? trun.u32(at) : undefined
    if (flags & FIRST_SAMPLE_FLAGS) at += 4
    this.#table = trun.contentStart + at
    this.#row = ROWS[(flags >> 8) & 0xf]!
    this.#signedOffsets = trun.version > 0
    this.#isAddedUp = false
    if (this.sampleCount > MAX_RUN_SAMPLES) {
      const message = `${this.sampleCount} samples; the limit for one run is ${MAX_RUN_SAMPLES}`
      throw trun.error('AVIO_ERR_MP4_LIMIT', message)
    }
    trun.needLength(at + this.sampleCount * this.#row.length)
  }

  /**
   * Reads the same run of another fragment: a `trun` with the same flags and as many samples.
   *
   * @param by - how much further it starts in `bytes` than the last one did in its buffer
   */
  repeat(bytes: Buffer, by: number): void {
    const { trun } = this
    trun.shift(bytes, by)
    let at = trun.contentStart + 8
    if (this.dataOffset !== undefined) {
      this.dataOffset = codeAt(bytes, at)
      at += 4
    }
    if (this.#firstFlags !== undefined) this.#firstFlags = uint32(bytes, at)
    this.#table += by
    this.#isAddedUp = false
  }

  /** Start of the fields that differ between runs of the same flags and sample count, in the box's bytes. */
  get fieldsStart(): number {
    return this.trun.contentStart + 8
  }

  /** One past the last of them. */
  get fieldsEnd(): number {
    return this.#table + this.sampleCount * this.#row.length
  }

  /** Whether all samples are identical (except the flags of the first): they take no table. */
  get isUniform(): boolean {
    return this.#row.length === 0
  }

  /** Duration of sample `n` (from 0), in the track's timescale. */
  durationAt(n: number): number {
    const { duration } = this.#row
    return duration < 0 ? this.#track.defaults.duration : this.#field(n, duration)
  }

  /** Size of sample `n`, in bytes. */
  sizeAt(n: number): number {
    const { size } = this.#row
    return size < 0 ? this.#track.defaults.size : this.#field(n, size)
  }

  /** Flags of sample `n` (ISO/IEC 14496-12 §8.8.3.1); for the first, those stated for it alone. */
  flagsAt(n: number): number {
    if (n === 0 && this.#firstFlags !== undefined) return this.#firstFlags
    const { flags } = this.#row
    return flags < 0 ? this.#track.defaults.flags : this.#field(n, flags)
  }

  /** Composition time of sample `n` minus its decode time, in the track's timescale; negative in version 1 only. */
  compositionOffsetAt(n: number): number {
    if (this.#row.offset < 0) return 0
    const offset = this.#field(n, this.#row.offset)
    return this.#signedOffsets ? offset | 0 : offset
  }

  /** Sums over the samples. Without a table this takes no loop, however many samples the run claims. */
  get totals(): RunTotals {
    if (!this.#isAddedUp) this.#addUp()
    return this.#totals
  }

  #addUp(): void {
    const totals = this.#totals
    const { defaults } = this.#track
    totals.duration = this.#sum(this.#row.duration, defaults.duration)
    totals.size = this.#sum(this.#row.size, defaults.size)
    totals.presentationStart = 0
    totals.presentationEnd = totals.duration
    if (this.#row.offset >= 0 && this.sampleCount > 0) this.#addPresentation()
    this.#isAddedUp = true
  }

  /** Sums one field; a default needs no loop. */
  #sum(field: number, fallback: number): number {
    if (field < 0) return this.sampleCount * fallback
    const { bytes } = this.trun
    const { length } = this.#row
    const end = this.#table + this.sampleCount * length
    let sum = 0
    for (let at = this.#table + field; at < end; at += length) sum += uint32(bytes, at)
    return sum
  }

  /** Presentation start of the earliest sample, and end of the latest. */
  #addPresentation(): void {
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
    this.#totals.presentationStart = first
    this.#totals.presentationEnd = last
  }

  /** A field of sample `n`. */
  #field(n: number, field: number): number {
    return uint32(this.trun.bytes, this.#table + n * this.#row.length + field)
  }
}
