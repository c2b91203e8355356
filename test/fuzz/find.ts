import { readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AvioError } from '../../lib/errors.js'
import { cpuTime } from '../support/cpu-time.js'
import { slowness } from './slowness.js'

/** What is fed, and the files that its inputs are made of. */
export interface Target {
  readonly seeds: readonly Buffer[]
  /** How many inputs of a seed take their share of a minute. */
  readonly inputs: number
  /** Reads an input; may return a promise. */
  readonly run: (input: Buffer) => unknown
}

/** Something that no input may bring about. */
export interface Find {
  readonly kind: 'throw' | 'slice' | 'memory' | 'unsettled'
  readonly what: string
}

/** CPU that a parser may take in one go, in milliseconds, on a machine that is neither slow nor busy. */
const SLICE = 50
/** Memory that it may take on the way, in bytes. */
const MEMORY = 100 * 2 ** 20
/** How often a slice or memory has to be seen: the first time it may be the compiler, or what others have left. */
const LOOKS = 5
/** How long a promise may take to settle, in milliseconds: there is nothing that they wait for but themselves. */
const SETTLES = 120_000

setFlagsFromString('--expose-gc')
/** What others have left is freed, and not in the midst of a look. */
export const collectGarbage = runInNewContext('gc') as () => void

/** What is wrong with how an input is read; `undefined` where nothing is. */
export async function findOf(target: Target, input: Buffer): Promise<Find | undefined> {
  let find = await look(target, input)
  for (let n = 1; n < LOOKS && (find?.kind === 'slice' || find?.kind === 'memory'); n++) {
    collectGarbage()
    forgetPeak()
    const again = await look(target, input, true)
    if (again === undefined) return undefined
    find = again
  }
  return find
}

async function look({ run }: Target, input: Buffer, isExact = false): Promise<Find | undefined> {
  const rss = process.memoryUsage.rss()
  const peak = process.resourceUsage().maxRSS * 1024
  const slices = new Slices()
  try {
    const result = run(input)
    slices.lap()
    if (isPromise(result) && !(await slices.watch(result))) {
      return { kind: 'unsettled', what: 'its promise never settles' }
    }
  } catch (error) {
    if (!(error instanceof AvioError)) return { kind: 'throw', what: String((error as Error).stack ?? error) }
    slices.lap()
  }
  // Before anything else is done that may free it.
  const now = isExact ? exactPeak() : process.resourceUsage().maxRSS * 1024
  const grown = Math.max(now > peak || isExact ? now - rss : 0, process.memoryUsage.rss() - rss)
  // Looked at only where it counts: it takes as long as most inputs.
  if (slices.longest > SLICE && slices.longest > SLICE * slowness())
    return { kind: 'slice', what: `a slice of ${slices.longest.toFixed(0)} ms of CPU` }
  return grown > MEMORY
    ? { kind: 'memory', what: `memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB` }
    : undefined
}

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise

/** The CPU time of what keeps the loop from others, one such slice after the other. */
class Slices {
  longest = 0
  #elapsed = cpuTime()

  lap(): void {
    this.longest = Math.max(this.longest, this.#elapsed())
    this.#elapsed = cpuTime()
  }

  /** Until it settles; rejects as it does. Resolves with whether it did. */
  async watch(promise: Promise<unknown>): Promise<boolean> {
    let isOver = false
    const turn = () => {
      this.lap()
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>(resolve => (timer = setTimeout(() => resolve(false), SETTLES)))
    try {
      return await Promise.race([promise.then(() => true), late])
    } finally {
      this.lap()
      isOver = true
      clearTimeout(timer)
    }
  }
}

/** Makes the kernel's peak of this process's memory what it is now. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Another system: what is left at the end is all that is seen.
  }
}

/** The peak since {@link forgetPeak}, in bytes. */
function exactPeak(): number {
  try {
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
    return Number(kibibytes ?? 0) * 1024
  } catch {
    return 0
  }
}
