import { STEP, type Work } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { MAX_EMPTY_ENTRIES } from '../boxes/limits.js'

/**
 * A cursor on the chunks of a track: pieces of the file that hold samples of it one behind the other (`stsc`, `stco`,
 * `co64`; ISO/IEC 14496-12 §8.7.4, §8.7.5). Chunks without samples are passed over.
 */
export class ChunkCursor {
  /** Where the current chunk begins in the file. */
  offset = 0
  /** Its number of samples. */
  samples = 0
  readonly #map: Box
  readonly #entries: number
  readonly #offsets: Box
  readonly #isLong: boolean
  readonly #count: number
  /** The next chunk, from 0. */
  #chunk = 0
  #entry = -1
  /** The first chunk that the next entry of the map is for, from 0. */
  #nextEntryAt = 0

  /** @param stbl - the sample table; what is read from it is checked for its length here, for its order on the way */
  constructor(stbl: Box) {
    this.#map = stbl.needChild('stsc')
    this.#entries = this.#map.u32(4)
    this.#map.needLength(8 + 12 * this.#entries)
    this.#isLong = stbl.child('stco') === undefined
    this.#offsets = stbl.needChild(this.#isLong ? 'co64' : 'stco')
    this.#count = this.#offsets.u32(4)
    this.#offsets.needLength(8 + (this.#isLong ? 8 : 4) * this.#count)
    if (this.#entries > 0 && this.#firstOf(0) !== 0) throw this.#outOfOrder(0)
  }

  /** Number of chunks, empty ones included. */
  get count(): number {
    return this.#count
  }

  /**
   * Number of samples that all chunks together have room for. Chunks of no samples are passed over, but not without
   * limit: one step of the cursor may have to pass all of them.
   */
  *capacity(): Work<number> {
    let samples = 0
    let empty = 0
    for (let entry = 0; entry < this.#entries; entry++) {
      const first = this.#firstOf(entry)
      const end = this.#firstOf(entry + 1)
      if (end <= first) throw this.#outOfOrder(entry + 1)
      const chunks = Math.min(end, this.#count) - Math.min(first, this.#count)
      const each = this.#map.u32(12 + 12 * entry)
      samples += chunks * each
      if (each === 0) empty += chunks
      if (empty > MAX_EMPTY_ENTRIES) {
        throw this.#map.error('AVIO_ERR_MP4_LIMIT', `more than ${MAX_EMPTY_ENTRIES} chunks are for no sample`)
      }
      if (entry % STEP === STEP - 1) yield STEP
    }
    return samples
  }

  /** Goes on to the next chunk; `false` behind the last. */
  next(): boolean {
    for (;;) {
      if (this.#chunk === this.#count || this.#entries === 0) return false
      if (this.#chunk === this.#nextEntryAt) {
        this.#entry++
        this.samples = this.#map.u32(12 + 12 * this.#entry)
        this.#nextEntryAt = this.#firstOf(this.#entry + 1)
        if (this.#nextEntryAt <= this.#chunk) throw this.#outOfOrder(this.#entry + 1)
      }
      const at = 8 + (this.#isLong ? 8 : 4) * this.#chunk++
      if (this.samples === 0) continue
      this.offset = this.#isLong ? this.#offsets.u64(at) : this.#offsets.u32(at)
      return true
    }
  }

  /** The first chunk of an entry of the map, from 0. */
  #firstOf(entry: number): number {
    return entry < this.#entries ? this.#map.u32(8 + 12 * entry) - 1 : Infinity
  }

  #outOfOrder(entry: number): Error {
    const message = `entry ${entry} is for the chunks from ${this.#firstOf(entry) + 1} on: the first must be 1, and each larger`
    return this.#map.error('AVIO_ERR_MP4_BOX_INVALID', message)
  }
}
