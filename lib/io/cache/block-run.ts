import type { Block } from './block-store.js'
import type { CountedMemory } from './counted-memory.js'
import type { RandomAccess } from '../random-access.js'
import { readInto } from '../read-into.js'
import { isAbandoned } from '../sources/bounded-source.js'

/** Callbacks of a {@link BlockRun}. */
export interface BlockRunEvents {
  /** That many bytes arrived from the source. */
  readonly onFetched: (bytes: number) => void
  /** `block` received more bytes. */
  readonly onBytes: (block: Block) => void
  /** The source failed; this run will not fill these blocks. Called at most once, before `settled`. */
  readonly onError: (error: Error, blocks: readonly Block[]) => void
}

/**
 * One read of the source that fills adjacent blocks in order, where they lie. It never waits for a consumer: the only
 * limit is that its blocks must have places before it starts.
 */
export class BlockRun {
  /** Resolves, never rejects, when the read is over and fully cleaned up. */
  readonly settled: Promise<void>
  readonly #events: BlockRunEvents
  readonly #abort = new AbortController()
  /** The blocks still to come; the first is being filled. */
  readonly #blocks: Block[]
  /** The memory that the source may still write to, of these blocks and of cancelled ones. */
  readonly #lent: CountedMemory[] = []
  #isReading = false
  /** Bytes requested and not received. */
  #left = 0

  /**
   * @param blocks - adjacent; the first is filled from its `filled` on, the others are empty
   * @param start - the first byte to request
   */
  constructor(source: RandomAccess, blocks: readonly Block[], start: number, events: BlockRunEvents) {
    this.#blocks = [...blocks]
    this.#events = events
    for (const block of blocks) block.underWay = true
    this.settled = this.#run(source, start)
  }

  /** Whether the source may be writing to the memory of its blocks, cancelled ones as well. */
  get isReading(): boolean {
    return this.#isReading
  }

  /**
   * Cancels the blocks after the last one that is `wanted`; if none is, the read itself, at once. Returns the
   * cancelled blocks: they receive nothing more.
   */
  trim(wanted: (block: Block) => boolean): readonly Block[] {
    if (this.#blocks.length === 0) return []
    const last = this.#blocks.findLastIndex(wanted)
    const dropped = this.#blocks.splice(last + 1)
    for (const block of dropped) block.underWay = false
    if (last === -1) this.#abort.abort()
    return dropped
  }

  async #run(source: RandomAccess, start: number): Promise<void> {
    // No callback may run before the caller has had time to subscribe.
    await Promise.resolve()
    if (this.#blocks.length === 0) return
    const pieces = this.#blocks.flatMap(block => {
      const memory = block.lend()
      this.#lent.push(memory)
      return memory.rest(block.filled, block.length)
    })
    this.#left = pieces.reduce((sum, { length }) => sum + length, 0)
    this.#isReading = true
    try {
      await readInto(source, start, pieces, {
        signal: this.#abort.signal,
        onProgress: bytes => this.#receive(bytes),
      })
    } catch (error) {
      if (isAbandoned(error)) for (const memory of this.#lent) memory.keep()
      // Nobody waits for a cancelled read, so its failure is ignored.
      const lost = this.#blocks.splice(0)
      for (const block of lost) block.underWay = false
      if (lost.length > 0) this.#events.onError(error as Error, lost)
    } finally {
      this.#isReading = false
      for (const memory of this.#lent.splice(0)) memory.stopWriting()
    }
  }

  #receive(bytes: number): void {
    this.#events.onFetched(bytes)
    this.#left -= bytes
    for (let rest = bytes; rest > 0;) {
      const block = this.#blocks[0]
      if (block === undefined) break
      const length = Math.min(rest, block.length - block.filled)
      block.filled += length
      rest -= length
      if (block.whole) {
        block.underWay = false
        this.#blocks.shift()
        // Bytes that were reported are not written again.
        this.#lent.shift()?.stopWriting()
      }
      this.#events.onBytes(block)
    }
    // A read that delivered everything requested is left to end by itself: the connection may be reusable.
    if (this.#blocks.length === 0 && this.#left > 0) this.#abort.abort()
  }
}
