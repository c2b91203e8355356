import { MiB, integerOption } from '../../options.js'
import { type MemoryClaim, fairShares } from './fair-shares.js'

/**
 * One budget of memory for all readers, writers and block caches of the process.
 *
 * Each stage that holds bytes opens a share. The budget is divided fairly among the open shares, again whenever one
 * comes or goes, and each stage asks how much it may hold before it takes more. Three rules keep it safe:
 *
 * - **A stage always gets its minimum**, whatever the others hold: one that waited for memory could be the one that the
 *   others wait for, in a pipeline that this ledger knows nothing of. What is not yet used of it stays reserved.
 * - **Above the minimum, a stage takes only what is free**, up to its fair share. Nothing that is needed is ever taken
 *   back: a stage above its share takes no more until it has fallen below, and the others grow as it does.
 * - **Room for one newcomer stays free**, so that a stage that begins while all others are full does not exceed the
 *   budget with its minimum: 8 MiB, or the largest minimum there is, but at most a quarter of the budget.
 *
 * So all stages together hold no more than the budget, unless their minima exceed it, or several begin at once while
 * the others are full. That is a warning, once.
 *
 * No stage is woken when memory becomes free: each asks again when bytes of its own have moved, and one that holds
 * nothing is below its minimum.
 */

/** The room for a newcomer: the minimum of a writer with the default part size, in bytes. */
const NEWCOMER = 8 * MiB

/** A stage's share, from its first byte to its end. */
export class MemoryShare {
  readonly #ledger: MemoryLedger
  readonly #shrink: () => void
  #claim: MemoryClaim
  #held = 0

  /**
   * @param shrink - called when the limit may have fallen: drop what is only kept for later
   */
  constructor(ledger: MemoryLedger, claim: MemoryClaim, shrink: () => void) {
    this.#ledger = ledger
    this.#claim = claim
    this.#shrink = shrink
    ledger.add(this)
  }

  /** What the stage can make use of. */
  get claim(): MemoryClaim {
    return this.#claim
  }

  /** Bytes held. */
  get held(): number {
    return this.#held
  }

  /** Bytes held, or reserved for its minimum. */
  get reserved(): number {
    return Math.max(this.#held, this.#claim.min)
  }

  /** Most bytes that the stage may hold now. If it holds more, it takes no more. */
  get limit(): number {
    return this.#ledger.limitOf(this)
  }

  /** The stage holds this many bytes now. */
  hold(bytes: number): void {
    if (bytes === this.#held) return
    this.#ledger.change(this, () => (this.#held = bytes))
  }

  /** The stage can make use of more, or of less, from now on. */
  reclaim(claim: MemoryClaim): void {
    if (claim.min === this.#claim.min && claim.max === this.#claim.max) return
    this.#ledger.change(this, () => (this.#claim = claim))
    this.#ledger.divide()
  }

  /** Drops what is only kept for later. */
  shrink(): void {
    this.#shrink()
  }

  /** The stage holds nothing any more. */
  close(): void {
    this.#ledger.remove(this)
  }
}

/** How much memory the readers, writers and block caches of the process hold. */
export interface MemoryUse {
  /** The budget, in bytes; `Infinity` without one. */
  readonly budget: number
  /**
   * Bytes that readers have requested and not delivered, that writers keep for their parts, and that caches hold.
   */
  readonly held: number
  /** Number of active readers, writers and caches; each input that is read by range has a cache. */
  readonly stages: number
}

/** The shares of a budget. */
export class MemoryLedger {
  readonly #shares = new Map<MemoryShare, number>()
  #budget = Infinity
  #held = 0
  #reserved = 0
  /** The room that stays free for a newcomer. */
  #spare = 0
  #isTold = false

  /** What is held at this moment. */
  get use(): MemoryUse {
    return { budget: this.#budget, held: this.#held, stages: this.#shares.size }
  }

  /** Sets the budget, in bytes. */
  setBudget(bytes: number): void {
    this.#budget = bytes
    this.#isTold = false
    this.divide()
    // What is held above that is given back; only the minima are not.
    const needed = [...this.#shares.keys()].reduce(
      (sum, { held, claim }) => sum + Math.min(held, claim.min),
      0,
    )
    if (needed > bytes) this.#tell()
  }

  /** Registers a share. */
  add(share: MemoryShare): void {
    this.#shares.set(share, 0)
    this.#reserved += share.reserved
    this.divide()
  }

  /** Forgets a share. */
  remove(share: MemoryShare): void {
    if (!this.#shares.delete(share)) return
    this.#held -= share.held
    this.#reserved -= share.reserved
    this.divide()
  }

  /** Applies a change to a share's books. */
  change(share: MemoryShare, apply: () => void): void {
    const isOpen = this.#shares.has(share)
    const { held, reserved } = share
    apply()
    if (!isOpen) return
    this.#held += share.held - held
    this.#reserved += share.reserved - reserved
    if (share.held > held && this.#held > this.#budget) this.#tell()
  }

  /** Most bytes that a stage may hold now. */
  limitOf(share: MemoryShare): number {
    if (this.#budget === Infinity) return Infinity
    const free = this.#budget - this.#spare - (this.#reserved - share.reserved)
    return Math.max(share.claim.min, Math.min(this.#shares.get(share) ?? 0, free))
  }

  /** Divides the budget anew. */
  divide(): void {
    if (this.#budget === Infinity) return
    const shares = [...this.#shares.keys()]
    const minima = shares.map(({ claim }) => claim.min)
    this.#spare = Math.min(Math.max(NEWCOMER, ...minima), Math.floor(this.#budget / 4))
    const sizes = fairShares(
      this.#budget - this.#spare,
      shares.map(({ claim }) => claim),
    )
    for (const [index, share] of shares.entries()) this.#shares.set(share, sizes[index]!)
    for (const share of shares) share.shrink()
  }

  #tell(): void {
    if (this.#isTold) return
    this.#isTold = true
    const minima = [...this.#shares.keys()].reduce((sum, { claim }) => sum + claim.min, 0)
    const message =
      `${this.#shares.size} readers, writers and caches hold ${this.#held} bytes, and the memory budget is ` +
      `${this.#budget}: each of them takes its minimum, ${minima} bytes in all. Raise setMemoryBudget(), lower ` +
      '"partSize", or run fewer at once.'
    process.emitWarning(message, { type: 'AvioWarning', code: 'AVIO_WARN_MEMORY_BUDGET' })
  }
}

const ledger = new MemoryLedger()

/** Opens a share of the process's budget. */
export function openShare(claim: MemoryClaim, shrink: () => void = () => undefined): MemoryShare {
  return new MemoryShare(ledger, claim, shrink)
}

/**
 * The smallest budget, in bytes: a reader, a cache and a writer with the default part size, and room for a newcomer.
 */
export const MIN_BUDGET = 24 * MiB

/**
 * Sets one budget of memory for all `S3RangeReadable`s and `S3MultipartWritable`s of this process and the caches of
 * inputs that are read by range (`cacheSize`), those that `S3Storage`, tasks and jobs open included. It is divided
 * fairly: each active stage may hold the budget ÷ the number of active stages, never more than its own options allow,
 * and what one can't use goes to the others. Shares change as stages begin and end; one that begins late gets its share
 * as the others shrink. A stage is active from its first read or write, or from being piped into, until it is closed.
 *
 * Each stage always gets a minimum, so that every pipeline goes on: a reader 1 MiB and its `highWaterMark` (never more
 * than `readAhead`), a cache 3 MiB (never more than `cacheSize`), a writer one part, with a deferred header two. If all
 * minima together exceed the budget, so does what is held, and the process gets a warning, once:
 * `AVIO_WARN_MEMORY_BUDGET`.
 *
 * Counted are the bytes that readers have requested and not delivered, the blocks of caches, and the parts of writers.
 * `docs/memory.md` has what else a pipeline takes: ffmpeg's buffers, Node and the SDK.
 *
 * It can be set at any time; what is held above a new budget is given back as it moves on.
 *
 * @param bytes - 24 MiB to 2⁵³ − 1, or `Infinity`, which is the default: each stage is limited by its own options only
 * @throws {@link OptionError} `AVIO_ERR_OPTION` for anything else
 *
 * @example
 * ```ts
 * setMemoryBudget(512 * 2 ** 20) // for 32 pipelines as for one
 * ```
 */
export function setMemoryBudget(bytes: number): void {
  const rule = {
    min: MIN_BUDGET,
    max: Number.MAX_SAFE_INTEGER,
    default: Infinity,
    unit: 'bytes',
    infinity: true,
  }
  const budget = integerOption({ memoryBudget: bytes }, 'memoryBudget', rule)
  ledger.setBudget(budget)
}

/**
 * How much memory the readers, writers and caches of this process hold now, and the budget for it: for gauges and logs.
 */
export function memoryUse(): MemoryUse {
  return ledger.use
}
