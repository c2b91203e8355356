import { BlockRun } from './block-run.js'
import type { Block, BlockStore } from './block-store.js'
import type { RandomAccess } from '../random-access.js'

/** What a {@link BlockFetcher} works on, and whom it tells. */
export interface BlockFetcherOptions {
  readonly source: RandomAccess
  readonly store: BlockStore
  /** Bytes of a block. */
  readonly blockSize: number
  /** Most runs under way at a time. */
  readonly concurrency: number
  /** How many bytes the block of that number has. */
  readonly lengthOf: (index: number) => number
  /** Whether any reader holds on to the block of that number. */
  readonly isWanted: (index: number) => boolean
  /** There are more bytes of `block`. */
  readonly onBytes: (block: Block) => void
  /** The source failed; these blocks will not come, the first of them first. */
  readonly onError: (error: Error, blocks: readonly Block[]) => void
  /** There may be room for another run, or for another block. */
  readonly onRoom: () => void
}

/** The runs of one cache: begins them where there is room, gives up what nobody wants, keeps count. */
export class BlockFetcher {
  readonly #options: BlockFetcherOptions
  readonly #runs = new Set<BlockRun>()
  #bytesFetched = 0
  #reads = 0

  constructor(options: BlockFetcherOptions) {
    this.#options = options
  }

  /** Bytes that have come from the source. */
  get bytesFetched(): number {
    return this.#bytesFetched
  }

  /** Runs that were begun. */
  get reads(): number {
    return this.#reads
  }

  /** Whether as many runs are under way as may be. */
  get busy(): boolean {
    return this.#runs.size >= this.#options.concurrency
  }

  /**
   * Begins a run of `count` blocks from `index` on, or of as many as there are places for; returns whether it could.
   * Places are taken from blocks that no reader holds on to; for the first block, where a reader waits for it
   * (`needed`), from any other, if need be.
   */
  start(index: number, count: number, needed: boolean): boolean {
    if (this.busy) return false
    const blocks: Block[] = []
    for (let next = index; next < index + count; next++) {
      const block = this.#place(next, needed && next === index)
      if (block === undefined) break
      // Not to be driven out by the blocks that follow.
      block.underWay = true
      blocks.push(block)
    }
    if (blocks.length > 0) this.#begin(blocks)
    return blocks.length > 0
  }

  /** Gives up what no reader holds on to. The bytes that have come are kept. */
  trim(): void {
    for (const run of this.#runs) this.#forget(run.trim(block => this.#options.isWanted(block.index)))
    this.#options.onRoom()
  }

  /** Gives up everything; resolves when all runs have settled. */
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
    const [first, last] = [blocks[0]!, blocks.at(-1)!]
    this.#reads++
    const run = new BlockRun(
      source,
      blocks,
      first.index * blockSize + first.filled,
      last.index * blockSize + last.length,
      {
        onFetched: bytes => (this.#bytesFetched += bytes),
        onBytes,
        onError: (error, lost) => {
          this.#forget(lost)
          onError(error, lost)
        },
      },
    )
    this.#runs.add(run)
    void run.settled.then(() => {
      this.#runs.delete(run)
      onRoom()
    })
  }

  /** Gives back the places of blocks of which nothing has come. */
  #forget(blocks: readonly Block[]): void {
    for (const block of blocks) if (block.filled === 0) this.#options.store.remove(block)
  }
}
