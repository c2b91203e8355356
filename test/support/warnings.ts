import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'

/** Listens to warnings from now on; call what it returns to see that there was none. */
export function noWarning(t: Test): (name?: string) => Promise<void> {
  const warnings: string[] = []
  const hear = (warning: Error) => {
    if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning.message)
  }
  process.on('warning', hear)
  t.teardown(() => process.off('warning', hear))
  return async (name = 'without a warning') => {
    // A warning comes a tick later.
    await setImmediate()
    t.same(warnings.splice(0), [], name)
  }
}
