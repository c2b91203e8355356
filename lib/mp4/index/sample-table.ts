import { STEP, type Work } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { ChunkCursor } from './chunk-cursor.js'
import { MAX_EMPTY_ENTRIES, MAX_SAMPLES } from '../boxes/limits.js'
import { sampleCount } from '../movie/movie.js'
import { RunLengthCursor } from './run-length-cursor.js'

/**
 * The samples that a `moov` lists for a track (ISO/IEC 14496-12 §8.6, §8.7). The tables are read where they are, entry
 * by entry: nothing is allocated for a sample, so that it does not matter how many are claimed.
 *
 * What the tables say of one another is checked first: `AVIO_ERR_MP4_BOX_INVALID` where one has fewer samples than
 * `stsz`, or is shorter than it says; `AVIO_ERR_MP4_LIMIT` for more than 2²⁴ samples.
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
   * Looks through the tables once.
   *
   * @param stbl - the box
   * @param trackId - for messages
   */
  static *read(stbl: Box, trackId?: number): Work<SampleTable> {
    const count = sampleCount(stbl)
    if (count > MAX_SAMPLES) {
      const message = `it lists ${count} samples; at most ${MAX_SAMPLES} are looked at`
      throw stbl.error('AVIO_ERR_MP4_LIMIT', message, trackId)
    }
    if (count > 0) yield* checkTables(stbl, count, trackId)
    return new SampleTable(stbl, count)
  }

  /** A cursor that stands before the first sample. */
  samples(): Samples {
    return new Samples(this.#stbl, this.count)
  }
}

function* checkTables(stbl: Box, count: number, trackId: number | undefined): Work<void> {
  const stts = yield* new RunLengthCursor(stbl.needChild('stts')).totals()
  const capacity = yield* new ChunkCursor(stbl).capacity()
  for (const [name, samples] of [['stts', stts.samples] as const, ['stsc', capacity] as const]) {
    if (samples >= count) continue
    const message = `${name} is for ${samples} samples, but there are ${count}`
    throw stbl.error('AVIO_ERR_MP4_BOX_INVALID', message, trackId)
  }
  const ctts = stbl.child('ctts')
  if (ctts) yield* new RunLengthCursor(ctts).totals()
  const stss = stbl.child('stss')
  if (stss) yield* checkOrder(stss)
}

/** Numbers of sync samples that are not in order are passed over, but not without limit. */
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

/** A cursor on the samples of a track, in the order of decoding. Times are in the track's timescale. */
export class Samples {
  /** The sample that it stands on, from 0. */
  index = -1
  /** When it is decoded. */
  decodeTime = 0
  /** How long it lasts. */
  duration = 0
  /** When it is shown, in the track's own time: edits are not applied. */
  compositionTime = 0
  /** Where it lies in the file. */
  offset = 0
  /** In bytes. */
  size = 0
  /** Whether it decodes by itself. */
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
    // Version 0 has them unsigned, but QuickTime writes negative ones there, and ffmpeg takes them as such.
    this.#compositions = ctts && new RunLengthCursor(ctts, true)
    this.#chunks = new ChunkCursor(stbl)
  }

  /** Goes on to the next sample; `false` behind the last. */
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
  /** Size of all samples alike, where there is no table. */
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

/** `stss`: the numbers of the sync samples; without it every sample is one. Asked in ascending order. */
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
    // Numbers that are not in order are passed over: each is looked at once.
    while (this.#entry < this.#entries && this.#box.u32(8 + 4 * this.#entry) < n + 1) this.#entry++
    return this.#entry < this.#entries && this.#box.u32(8 + 4 * this.#entry) === n + 1
  }
}
