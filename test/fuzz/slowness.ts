import { cpuTime } from '../support/cpu-time.js'

/** CPU that the work below takes where nothing else runs, in milliseconds: what most machines of 2020 and later need. */
const USUAL = 0.5
/** The first runs are those of the interpreter. */
const WARM_UP = 100
const RUNS = 8
/** However slow a machine is, more than this is no excuse. */
const MOST = 4

const TEXT = Buffer.from('a line of some text that is read\n'.repeat(2000))

/** What parsers do: they look for a byte, make a string, match it, and keep what was found. */
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
 * How many times as long as usual this machine takes for the same work right now, from 1 to 4. A thread that shares its
 * core and its caches with others is charged with more CPU time, too.
 */
export function slowness(): number {
  const elapsed = cpuTime()
  for (let n = 0; n < RUNS; n++) work()
  return Math.min(MOST, Math.max(1, elapsed() / RUNS / USUAL))
}
