import { STEP, type Work } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { ChunkCursor } from './chunk-cursor.js'
import { MAX_EMPTY_ENTRIES, MAX_SAMPLES } from '../boxes/limits.js'
import { sampleCount } from '../movie/movie.js'
import { RunLengthCursor } from './run-length-cursor.js'

/**
 * The samples a `moov` lists for a track (ISO/IEC 14496-12 §8.6, §8.7). The tables are read in place, entry by
 * entry: nothing is allocated per sample, so the claimed number does not matter.
 *
 * The tables are first checked against each other: `AVIO_ERR_MP4_BOX_INVALID` if one has fewer samples than
 * `stsz`, or is shorter than it claims; `AVIO_ERR_MP4_LIMIT` for more than 2²⁴ samples.
 */
export class SampleTable {
  /** Number of samples. */
  readonly count: number
  readonly #stbl: Box

  private constructor(stbl: Box, count: number) {
    this.#stbl = stbl
    this.count = count
  }

  /**
   * Checks the tables once.
   *
   * @param stbl - the box
   * @param trackId - for messages
   */
  static *read(stbl: Box, trackId?: number): Work<SampleTable> {
    const count = sampleCount(stbl)
    if (count > MAX_SAMPLES) {
      const message = `it lists ${count} samples; the limit is ${MAX_SAMPLES}`
      throw stbl.error('AVIO_ERR_MP4_LIMIT', message, trackId)
    }
    if (count > 0) yield* checkTables(stbl, count, trackId)
    return new SampleTable(stbl, count)
  }

  /** A cursor before the first sample. */
  samples(): Samples {
    return new Samples(this.#stbl, this.count)
  }
}

function* checkTables(stbl: Box, count: number, trackId: number | undefined): Work<void> {
  const stts = yield* new RunLengthCursor(stbl.needChild('stts')).totals()
  const capacity = yield* new ChunkCursor(stbl).capacity()
  for (const [name, samples] of [['stts', stts.samples] as const, ['stsc', capacity] as const]) {
    if (samples >= count) continue
    const message = `${name} describes ${samples} samples, but there are ${count}`
    throw stbl.error('AVIO_ERR_MP4_BOX_INVALID', message, trackId)
  }
  const ctts = stbl.child('ctts')
  if (ctts) yield* new RunLengthCursor(ctts).totals()
  const stss = stbl.child('stss')
  if (stss) yield* checkOrder(stss)
}

/** Sync sample numbers out of order are skipped, up to a limit. */
function* checkOrder(stss: Box): Work<void> {
  const entries = stss.u32(4)
  stss.needLength(8 + 4 * entries)
  let last = 0
  let passed = 0
  for (let entry = 0; entry < entries; entry++) {
    const number = stss.u32(8 + 4 * entry)
    if (number <= last && ++passed > MAX_EMPTY_ENTRIES) {
      throw stss.error(
        'AVIO_ERR_MP4_LIMIT',
        `more than ${MAX_EMPTY_ENTRIES} of its entries are not in ascending order`,
      )
    }
    last = Math.max(last, number)
    if (entry % STEP === STEP - 1) yield STEP
  }
}

/** A cursor over a track's samples in decode order. Times are in the track's timescale. */
export class Samples {
  /** The current sample, from 0. */
  index = -1
  /** Its decode time. */
  decodeTime = 0
  /** Its duration. */
  duration = 0
  /** Its composition time, without edits. */
  compositionTime = 0
  /** Its position in the file. */
  offset = 0
  /** In bytes. */
  size = 0
  /** Whether it decodes on its own. */
  isSync = false
  readonly #count: number
  readonly #sizes: SampleSizes
  readonly #sync: SyncSamples
  readonly #durations: RunLengthCursor | undefined
  readonly #compositions: RunLengthCursor | undefined
  readonly #chunks: ChunkCursor | undefined
  #leftInChunk = 0

  constructor(stbl: Box, count: number) {
    this.#count = count
    this.#sizes = new SampleSizes(stbl)
    this.#sync = new SyncSamples(stbl.child('stss'))
    if (count === 0) return
    const ctts = stbl.child('ctts')
    this.#durations = new RunLengthCursor(stbl.needChild('stts'))
    // Version 0 is unsigned, but QuickTime writes negative offsets there, and ffmpeg reads them as such.
    this.#compositions = ctts && new RunLengthCursor(ctts, true)
    this.#chunks = new ChunkCursor(stbl)
  }

  /** Advances to the next sample; `false` after the last. */
  next(): boolean {
    if (++this.index >= this.#count) return false
    this.decodeTime += this.duration
    this.duration = this.#durations!.advance(1)
    this.compositionTime = this.decodeTime + (this.#compositions?.advance(1) ?? 0)
    this.offset += this.size
    if (this.#leftInChunk === 0) {
      this.#chunks!.next()
      this.offset = this.#chunks!.offset
      this.#leftInChunk = this.#chunks!.samples
    }
    this.#leftInChunk--
    this.size = this.#sizes.at(this.index)
    this.isSync = this.#sync.has(this.index)
    return true
  }
}

/** `stsz` and `stz2`. */
class SampleSizes {
  readonly #box: Box | undefined
  /** The common size of all samples, if there is no table. */
  readonly #fixed: number
  /** Bits of an entry. */
  readonly #bits: number

  constructor(stbl: Box) {
    const stsz = stbl.child('stsz')
    this.#box = stsz ?? stbl.child('stz2')
    this.#fixed = stsz?.u32(4) ?? 0
    this.#bits = stsz !== undefined ? 32 : (this.#box?.u8(7) ?? 32)
    if (this.#box === undefined || this.#fixed > 0) return
    if (![4, 8, 16, 32].includes(this.#bits)) {
      throw this.#box.error(
        'AVIO_ERR_MP4_BOX_INVALID',
        `sizes of ${this.#bits} bits: they must have 4, 8 or 16`,
      )
    }
    this.#box.needLength(12 + Math.ceil((this.#box.u32(8) * this.#bits) / 8))
  }

  at(n: number): number {
    if (this.#box === undefined || this.#fixed > 0) return this.#fixed
    if (this.#bits === 32) return this.#box.u32(12 + 4 * n)
    if (this.#bits === 16) return this.#box.u16(12 + 2 * n)
    const byte = this.#box.u8(12 + Math.floor((n * this.#bits) / 8))
    if (this.#bits === 8) return byte
    return n % 2 === 0 ? byte >> 4 : byte & 15
  }
}

/** `stss`: the numbers of the sync samples; without it every sample is one. Query in ascending order. */
class SyncSamples {
  readonly #box: Box | undefined
  readonly #entries: number
  #entry = 0

  constructor(stss: Box | undefined) {
    this.#box = stss
    this.#entries = stss?.u32(4) ?? 0
    stss?.needLength(8 + 4 * this.#entries)
  }

  has(n: number): boolean {
    if (this.#box === undefined) return true
    // Numbers out of order are skipped: each is visited once.
    while (this.#entry < this.#entries && this.#box.u32(8 + 4 * this.#entry) < n + 1) this.#entry++
    return this.#entry < this.#entries && this.#box.u32(8 + 4 * this.#entry) === n + 1
  }
}
