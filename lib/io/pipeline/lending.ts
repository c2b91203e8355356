import type { Readable } from 'node:stream'
import { Loans, keep } from '../memory/loans.js'
import { isSoleConsumer } from './link.js'

/** Tells whether chunks will be given back; asked before each push. */
export type GivesBack = () => boolean

/**
 * What a readable stage may lend: its chunks, as long as a stage of ours is its only consumer and gives them back.
 *
 * Who else could keep a chunk is looked at twice. At each push: a second pipe, or a listener that was there before the
 * pipe. And whenever somebody begins to listen, or the pipe ends: chunks that wait in the stage's buffer will reach
 * others, so nothing that is out is used again.
 */
export class Lending {
  readonly #stage: Readable
  readonly #onKeep: () => void
  #givesBack: GivesBack | undefined

  /**
   * @param stage - its consumers are watched
   * @param onKeep - called when chunks that are in the stage must not be used again
   */
  constructor(stage: Readable, onKeep: () => void) {
    this.#stage = stage
    this.#onKeep = onKeep
    stage.on('newListener', (event: string | symbol) => {
      if (event === 'data' || event === 'readable') onKeep()
    })
  }

  /** Whether a chunk that is pushed now will be given back by everybody who gets it. */
  get isOn(): boolean {
    return this.#givesBack?.() === true && isSoleConsumer(this.#stage)
  }

  /** The stage has a new consumer, which gives chunks back or, without `givesBack`, does not. */
  readonly lendTo = (givesBack?: GivesBack): void => {
    this.#givesBack = givesBack
    this.#onKeep()
  }

  /** Call it with each chunk right before the push. */
  pass(chunk: Buffer): void {
    if (!this.isOn) keep(chunk)
  }
}

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
    this.#lending.pass(chunk)
  }
}
