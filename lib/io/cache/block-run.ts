import { SourceError } from '../../errors.js'
import type { Block } from './block-store.js'
import type { RandomAccess } from '../random-access.js'

/** What a {@link BlockRun} tells while it goes. */
export interface BlockRunEvents {
  /** A chunk of that many bytes came from the source. */
  readonly onFetched: (bytes: number) => void
  /** There are more bytes of `block`. */
  readonly onBytes: (block: Block) => void
  /** The source failed; these blocks will not be filled by this run. Comes before `settled`, and at most once. */
  readonly onError: (error: Error, blocks: readonly Block[]) => void
}

/**
 * One read of the source, which fills adjacent blocks in order. It never waits for a consumer: what holds it back is
 * only that its blocks have been given their places before it began.
 */
export class BlockRun {
  /** Resolves, never rejects, when the read is over and nothing of it is left. */
  readonly settled: Promise<void>
  readonly #events: BlockRunEvents
  readonly #abort = new AbortController()
  /** What is still to come; the first is being filled. */
  readonly #blocks: Block[]

  /**
   * @param blocks - adjacent, the first one from where it is `filled`, the others empty
   * @param start - the first byte to ask for
   * @param end - one past the last byte to ask for
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
   * Gives up the blocks behind the last one that is `wanted`; with none wanted, the read itself, at once.
   * Returns the blocks that were given up: nothing will be written to them any more.
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
    // Nothing may be told before whoever began this has had the time to listen.
    await Promise.resolve()
    try {
      if (this.#abort.signal.aborted) return
      for await (const chunk of source.read(start, end, this.#abort.signal)) {
        this.#events.onFetched(chunk.length)
        position += chunk.length
        if (position > end) throw mismatch(end, 'more')
        this.#fill(chunk)
        // A read that brought all it was asked for is left to end by itself: a connection may be worth keeping.
        if (this.#blocks.length === 0 && position < end) return
      }
      if (this.#blocks.length > 0) throw mismatch(position, 'fewer')
    } catch (error) {
      // Nobody waits for what was given up, and its failing is no news.
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
    `A read of the source brought ${how} bytes than were asked for, without an error: its read() breaks the rule ` +
      'of RandomAccess.',
    { byteOffset },
    { retryable: false },
  )
}
