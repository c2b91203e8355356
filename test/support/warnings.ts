import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'

/** Listens to warnings from now on; call the returned function to check that there were none. */
export function noWarning(t: Test): (name?: string) => Promise<void> {
  const warnings: string[] = []
  const hear = (warning: Error) => {
    if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning.message)
  }
  process.on('warning', hear)
  t.teardown(() => process.off('warning', hear))
  return async (name = 'without a warning') => {
    // Node emits a warning one tick later.
    await setImmediate()
    t.same(warnings.splice(0), [], name)
  }
}
