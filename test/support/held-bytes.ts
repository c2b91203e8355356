import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes in buffers that are still referenced. Another thread releases the others, so one collection is not enough. */
export async function heldBytes(): Promise<number> {
  let held = Infinity
  for (let unchanged = 0; unchanged < 2;) {
    collectGarbage()
    await setTimeout(10)
    const now = process.memoryUsage().arrayBuffers
    unchanged = now < held ? 0 : unchanged + 1
    held = Math.min(held, now)
  }
  return held
}
