import type { Test } from 'tap'
import { MemoryShare, memoryUse, setMemoryBudget } from '../../lib/io/memory/memory-budget.js'

/**
 * Watches what all stages of the process hold by their own account, until the end of a test, which also removes the
 * budget. Call the returned function for the most so far, or since its last `reset()`.
 */
export function mostHeld(t: Test): (() => number) & { reset: () => void } {
  const { prototype } = MemoryShare as { prototype: { hold: (this: MemoryShare, bytes: number) => void } }
  const { hold } = prototype
  let most = 0
  prototype.hold = function (held) {
    hold.call(this, held)
    most = Math.max(most, memoryUse().held)
  }
  t.teardown(() => {
    prototype.hold = hold
    setMemoryBudget(Infinity)
  })
  return Object.assign(() => most, { reset: () => void (most = 0) })
}

/** The same with a budget. */
export function budgetOf(t: Test, bytes: number): () => number {
  const most = mostHeld(t)
  setMemoryBudget(bytes)
  return most
}
