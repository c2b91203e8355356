import type { PendingReads } from './activity.js'
import type { StageEnd } from './stage-ends.js'

/**
 * What a stage does at one moment. A stage that waits for both neighbors waits for the one after it: more input would
 * not help.
 *
 * - `busy`: it has bytes to work on, and the stage after it wants the result. A source is busy while it is asked for
 *   more than it has: it waits for its store.
 * - `idle`: it waits for the stage before it.
 * - `backpressured`: it waits for the stage after it.
 * - `ended`: nothing more goes through it, or it is closed.
 */
export type StageState = 'busy' | 'idle' | 'backpressured' | 'ended'

/** Adds up how long a stage is in each state. Reads the clock at changes only. */
export class StageTimes {
  /** Milliseconds in each state. */
  readonly spent: Record<StageState, number> = { busy: 0, idle: 0, backpressured: 0, ended: 0 }
  readonly #inputs: readonly StageEnd[]
  readonly #outputs: readonly StageEnd[]
  readonly #reads: PendingReads | undefined
  readonly #now: () => number
  #state: StageState
  #since: number

  /**
   * @param ends - the ends of the stage
   * @param reads - its reads from a source of its own
   * @param now - the clock, in milliseconds
   */
  constructor(
    { inputs, outputs }: { readonly inputs: readonly StageEnd[]; readonly outputs: readonly StageEnd[] },
    reads: PendingReads | undefined,
    now: () => number,
  ) {
    this.#inputs = inputs
    this.#outputs = outputs
    this.#reads = reads
    this.#now = now
    this.#state = this.#current()
    this.#since = now()
  }

  /** What it does now. */
  get state(): StageState {
    return this.#state
  }

  /** Something may have changed. */
  changed(): void {
    const state = this.#current()
    if (state === this.#state) return
    this.count(this.#now())
    this.#state = state
  }

  /** Adds the time until `now`. */
  count(now: number): void {
    this.spent[this.#state] += now - this.#since
    this.#since = now
  }

  #current(): StageState {
    const ends = [this.#inputs, this.#outputs]
    if (ends.every(list => list.every(({ isEnded }) => isEnded))) return 'ended'
    if (this.#outputs.some(({ isWaiting }) => isWaiting)) return 'backpressured'
    if (this.#inputs.some(({ isWaiting }) => isWaiting) || this.#reads?.isWaiting === true) return 'idle'
    return 'busy'
  }
}
