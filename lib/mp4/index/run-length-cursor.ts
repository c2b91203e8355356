import { STEP, type Work } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { MAX_EMPTY_ENTRIES } from '../boxes/limits.js'

/**
 * A cursor over a run-length table: pairs of a sample count and a value (`stts`, `ctts`; ISO/IEC 14496-12
 * §8.6.1). It skips any number of samples in as many steps as runs end there.
 */
export class RunLengthCursor {
  readonly #box: Box
  readonly #entries: number
  readonly #signed: boolean
  #entry = 0
  #left = 0
  #value = 0

  /**
   * @param box - the table; its length is checked here
   * @param signed - whether values may be negative
   */
  constructor(box: Box, signed = false) {
    this.#box = box
    this.#signed = signed
    this.#entries = box.u32(4)
    box.needLength(8 + 8 * this.#entries)
  }

  /**
   * The total of samples and values of all runs. Empty runs are skipped, up to a limit: one step of the cursor
   * may have to skip all of them.
   */
  *totals(): Work<{ readonly samples: number; readonly sum: number }> {
    let samples = 0
    let sum = 0
    let empty = 0
    for (let entry = 0; entry < this.#entries; entry++) {
      const count = this.#box.u32(8 + 8 * entry)
      if (count === 0 && ++empty > MAX_EMPTY_ENTRIES) {
        throw this.#box.error('AVIO_ERR_MP4_LIMIT', `more than ${MAX_EMPTY_ENTRIES} of its entries are empty`)
      }
      samples += count
      sum += count * this.#valueAt(entry)
      if (entry % STEP === STEP - 1) yield STEP
    }
    return { samples, sum }
  }

  /** Skips `samples`, and returns the sum of their values; samples past the last run have 0. */
  advance(samples: number): number {
    let sum = 0
    let wanted = samples
    while (wanted > 0 && this.#fill()) {
      const taken = Math.min(wanted, this.#left)
      sum += taken * this.#value
      this.#left -= taken
      wanted -= taken
    }
    return sum
  }

  #fill(): boolean {
    while (this.#left === 0) {
      if (this.#entry === this.#entries) return false
      this.#left = this.#box.u32(8 + 8 * this.#entry)
      this.#value = this.#valueAt(this.#entry)
      this.#entry++
    }
    return true
  }

  #valueAt(entry: number): number {
    const value = this.#box.u32(12 + 8 * entry)
    return this.#signed ? value | 0 : value
  }
}
