import { KiB } from '../../options.js'
import type { Loans } from './loans.js'

/**
 * The most that one read takes, as in Node's own reads: longer ones cost as much CPU time a byte, and a stage with a
 * small buffer would hold more than it asked for.
 */
const READ_SIZE = 64 * KiB

/** With less room than this, the next read goes to a new block: short reads cost as many system calls as long ones. */
const MIN_ROOM = 32 * KiB

/** Lent blocks that are filled by reads of unknown length, one after the other. */
export class BlockFiller {
  readonly #loans: Loans
  #block: Buffer | undefined
  #filled = 0

  constructor(loans: Loans) {
    this.#loans = loans
  }

  /** Room for the next read: 32 to 64 KiB. */
  space(): Buffer {
    let block = this.#block
    if (block !== undefined && block.length - this.#filled < MIN_ROOM) {
      this.#loans.seal(block, this.#filled)
      block = undefined
    }
    if (block === undefined) {
      block = this.#block = this.#loans.take()
      this.#filled = 0
    }
    return block.subarray(this.#filled, this.#filled + READ_SIZE)
  }

  /** The next `length` bytes, which were read to the start of {@link space}. */
  filled(length: number): Buffer {
    const from = this.#filled
    this.#filled += length
    return this.#block!.subarray(from, this.#filled)
  }
}
