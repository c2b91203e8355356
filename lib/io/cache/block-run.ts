import { SourceError } from '../../errors.js'
import type { Block } from './block-store.js'
import type { RandomAccess } from '../random-access.js'

/** Callbacks of a {@link BlockRun}. */
export interface BlockRunEvents {
  /** A chunk of that many bytes arrived from the source. */
  readonly onFetched: (bytes: number) => void
  /** `block` received more bytes. */
  readonly onBytes: (block: Block) => void
  /** The source failed; this run will not fill these blocks. Called at most once, before `settled`. */
  readonly onError: (error: Error, blocks: readonly Block[]) => void
}

/**
 * One read of the source that fills adjacent blocks in order. It never waits for a consumer: the only limit is
 * that its blocks must have places before it starts.
 */
export class BlockRun {
  /** Resolves, never rejects, when the read is over and fully cleaned up. */
  readonly settled: Promise<void>
  readonly #events: BlockRunEvents
  readonly #abort = new AbortController()
  /** The blocks still to come; the first is being filled. */
  readonly #blocks: Block[]

  /**
   * @param blocks - adjacent; the first is filled from its `filled` on, the others are empty
   * @param start - the first byte to request
   * @param end - one past the last byte to request
   */
  constructor(
    source: RandomAccess,
    blocks: readonly Block[],
    start: number,
    end: number,
    events: BlockRunEvents,
  ) {
    this.#blocks = [...blocks]
    this.#events = events
    for (const block of blocks) block.underWay = true
    this.settled = this.#run(source, start, end)
  }

  /**
   * Cancels the blocks after the last one that is `wanted`; if none is, the read itself, at once. Returns the
   * cancelled blocks: nothing will be written to them any more.
   */
  trim(wanted: (block: Block) => boolean): readonly Block[] {
    if (this.#blocks.length === 0) return []
    const last = this.#blocks.findLastIndex(wanted)
    const dropped = this.#blocks.splice(last + 1)
    for (const block of dropped) block.underWay = false
    if (last === -1) this.#abort.abort()
    return dropped
  }

  async #run(source: RandomAccess, start: number, end: number): Promise<void> {
    let position = start
    // No callback may run before the caller has had time to subscribe.
    await Promise.resolve()
    try {
      if (this.#abort.signal.aborted) return
      for await (const chunk of source.read(start, end, this.#abort.signal)) {
        this.#events.onFetched(chunk.length)
        position += chunk.length
        if (position > end) throw mismatch(end, 'more')
        this.#fill(chunk)
        // A read that delivered everything requested is left to end by itself: the connection may be reusable.
        if (this.#blocks.length === 0 && position < end) return
      }
      if (this.#blocks.length > 0) throw mismatch(position, 'fewer')
    } catch (error) {
      // Nobody waits for a cancelled read, so its failure is ignored.
      const lost = this.#blocks.splice(0)
      for (const block of lost) block.underWay = false
      if (lost.length > 0) this.#events.onError(error as Error, lost)
    }
  }

  #fill(chunk: Buffer): void {
    for (let offset = 0; offset < chunk.length;) {
      const block = this.#blocks[0]
      if (block === undefined) return
      offset += block.write(chunk.subarray(offset))
      if (block.whole) {
        block.underWay = false
        this.#blocks.shift()
      }
      this.#events.onBytes(block)
    }
  }
}

function mismatch(byteOffset: number, how: string): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_READ',
    `A read of the source returned ${how} bytes than requested, without an error: its read() breaks the rule ` +
      'of RandomAccess.',
    { byteOffset },
    { retryable: false },
  )
}
