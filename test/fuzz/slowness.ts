import { cpuTime } from '../support/cpu-time.js'

/** CPU time of the work below on an idle machine, in milliseconds, for most machines since 2020. */
const USUAL = 0.5
/** The first runs are interpreted. */
const WARM_UP = 100
const RUNS = 8
/** The largest factor that a slow machine excuses. */
const MOST = 4

const TEXT = Buffer.from('a line of some text that is read\n'.repeat(2000))

/** The work of a parser: find a byte, make a string, match it, and keep the match. */
function work(): number {
  const found = new Map<number, string>()
  for (let at = 0, end; (end = TEXT.indexOf(10, at)) !== -1; at = end + 1) {
    const [, rest] = /^\w+ line (.*)$/.exec(TEXT.toString('utf8', at, end)) ?? []
    if (rest !== undefined) found.set(at, rest)
  }
  return found.size
}

for (let n = 0; n < WARM_UP; n++) work()

/**
 * How many times slower than usual this machine is right now, from 1 to 4. A thread that shares its core and caches
 * with others uses more CPU time, too.
 */
export function slowness(): number {
  const elapsed = cpuTime()
  for (let n = 0; n < RUNS; n++) work()
  return Math.min(MOST, Math.max(1, elapsed() / RUNS / USUAL))
}
