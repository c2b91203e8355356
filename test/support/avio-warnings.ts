import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'

/** Collects the process's warnings with a code of the library from now on; call the returned function for them. */
export function avioWarnings(t: Test): () => Promise<(Error & { code: string })[]> {
  const heard: (Error & { code: string })[] = []
  const hear = (warning: Error & { code?: string }) => {
    if (warning.code?.startsWith('AVIO_WARN_') === true) heard.push(warning as Error & { code: string })
  }
  process.on('warning', hear)
  t.teardown(() => process.off('warning', hear))
  return async () => {
    // Node emits a warning one tick later.
    await setImmediate()
    return heard.splice(0)
  }
}
