import { BlockRun } from './block-run.js'
import type { Block, BlockStore } from './block-store.js'
import type { RandomAccess } from '../random-access.js'

/** Settings and callbacks of a {@link BlockFetcher}. */
export interface BlockFetcherOptions {
  readonly source: RandomAccess
  readonly store: BlockStore
  /** Bytes of a block. */
  readonly blockSize: number
  /** Most runs in flight at a time. */
  readonly concurrency: number
  /** Length of the block with that number, in bytes. */
  readonly lengthOf: (index: number) => number
  /** Whether any reader needs the block with that number. */
  readonly isWanted: (index: number) => boolean
  /** `block` received more bytes. */
  readonly onBytes: (block: Block) => void
  /** The source failed; these blocks will not arrive. The first one failed first. */
  readonly onError: (error: Error, blocks: readonly Block[]) => void
  /** There may be room for another run or another block. */
  readonly onRoom: () => void
}

/** The runs of one cache: starts them when there is room, cancels unneeded ones, and counts. */
export class BlockFetcher {
  readonly #options: BlockFetcherOptions
  readonly #runs = new Set<BlockRun>()
  #bytesFetched = 0
  #reads = 0

  constructor(options: BlockFetcherOptions) {
    this.#options = options
  }

  /** Bytes received from the source. */
  get bytesFetched(): number {
    return this.#bytesFetched
  }

  /** Runs started. */
  get reads(): number {
    return this.#reads
  }

  /** Whether the maximum number of runs is in flight. */
  get busy(): boolean {
    return this.#runs.size >= this.#options.concurrency
  }

  /**
   * Starts a run of `count` blocks from `index` on, or of as many as there is room for; returns whether it
   * could. Room is taken from blocks no reader needs; for the first block, if a reader waits for it (`needed`),
   * from any other if necessary.
   */
  start(index: number, count: number, needed: boolean): boolean {
    if (this.busy) return false
    const blocks: Block[] = []
    for (let next = index; next < index + count; next++) {
      const block = this.#place(next, needed && next === index)
      if (block === undefined) break
      // Protects it from eviction by the blocks that follow.
      block.underWay = true
      blocks.push(block)
    }
    if (blocks.length > 0) this.#begin(blocks)
    return blocks.length > 0
  }

  /** Cancels blocks no reader needs. Bytes already received are kept. */
  trim(): void {
    const { store, isWanted, onRoom } = this.#options
    for (const run of this.#runs) {
      const count = this.#forget(run.trim(block => isWanted(block.index)))
      if (!run.isReading || count === 0) continue
      store.held += count
      void run.settled.then(() => {
        store.held -= count
        onRoom()
      })
    }
    onRoom()
  }

  /** Cancels everything; resolves when all runs have settled. */
  async close(): Promise<void> {
    for (const run of this.#runs) run.trim(() => false)
    await Promise.all([...this.#runs].map(run => run.settled))
  }

  #place(index: number, needed: boolean): Block | undefined {
    const { store, lengthOf, isWanted } = this.#options
    const held = store.use(index)
    if (held !== undefined) return held
    const length = lengthOf(index)
    const block = store.add(index, length, other => !isWanted(other.index))
    return block ?? (needed ? store.add(index, length, () => true) : undefined)
  }

  #begin(blocks: readonly Block[]): void {
    const { source, blockSize, onBytes, onError, onRoom } = this.#options
    const { index, filled } = blocks[0]!
    this.#reads++
    const run = new BlockRun(source, blocks, index * blockSize + filled, {
      onFetched: bytes => (this.#bytesFetched += bytes),
      onBytes,
      onError: (error, lost) => {
        this.#forget(lost)
        onError(error, lost)
      },
    })
    this.#runs.add(run)
    void run.settled.then(() => {
      this.#runs.delete(run)
      onRoom()
    })
  }

  /** Removes the blocks that received nothing; returns their number. */
  #forget(blocks: readonly Block[]): number {
    const empty = blocks.filter(({ filled }) => filled === 0)
    for (const block of empty) this.#options.store.remove(block)
    return empty.length
  }
}
