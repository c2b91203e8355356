import type { Readable } from 'node:stream'
import { Loans, keep } from '../memory/loans.js'
import { Lending } from './lending.js'

/** The memory of a stage that makes its own chunks, and to whom it is lent. */
export class LentMemory extends Loans {
  readonly #lending: Lending
  /** Bytes that are taken and not yet passed on. */
  #inside = 0

  constructor(stage: Readable) {
    super()
    this.#lending = new Lending(stage, () => this.keepAll())
  }

  /** Bytes in memory that is free, or taken and not yet passed on. */
  get held(): number {
    return this.#inside + this.free
  }

  /** Keeps no free blocks that would make it more than `limit` bytes. */
  trim(limit: number): void {
    this.shrink(limit - this.#inside)
  }

  /** Memory for `size` bytes, at most a block. */
  override take(size?: number): Buffer {
    const memory = super.take(size)
    this.#inside += memory.length
    return memory
  }

  /** For the stage's link. */
  get lendTo(): Lending['lendTo'] {
    return this.#lending.lendTo
  }

  /** Call it with each chunk right before the push. */
  pass(chunk: Buffer): void {
    this.#inside -= chunk.length
    if (!this.#lending.isOn) keep(chunk)
  }
}
