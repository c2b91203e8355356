import { STEP, type Work } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { MAX_EMPTY_ENTRIES } from '../boxes/limits.js'

/**
 * A cursor over a track's chunks: pieces of the file with contiguous samples of it (`stsc`, `stco`, `co64`;
 * ISO/IEC 14496-12 §8.7.4, §8.7.5). Chunks without samples are skipped.
 */
export class ChunkCursor {
  /** Start of the current chunk in the file. */
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
  /** The first chunk of the next map entry, from 0. */
  #nextEntryAt = 0

  /** @param stbl - the sample table; its length is checked here, its order while reading */
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
   * Number of samples that fit into all chunks together. Empty chunks are skipped, up to a limit: one step of
   * the cursor may have to skip all of them.
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
        throw this.#map.error('AVIO_ERR_MP4_LIMIT', `more than ${MAX_EMPTY_ENTRIES} chunks are empty`)
      }
      if (entry % STEP === STEP - 1) yield STEP
    }
    return samples
  }

  /** Advances to the next chunk; `false` after the last. */
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

  /** The first chunk of a map entry, from 0. */
  #firstOf(entry: number): number {
    return entry < this.#entries ? this.#map.u32(8 + 12 * entry) - 1 : Infinity
  }

  #outOfOrder(entry: number): Error {
    const message = `entry ${entry} starts at chunk ${this.#firstOf(entry) + 1}: entries must start at 1 and ascend`
    return this.#map.error('AVIO_ERR_MP4_BOX_INVALID', message)
  }
}
