import { readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AvioError } from '../../lib/errors.js'
import { cpuTime } from '../support/cpu-time.js'
import { slowness } from './slowness.js'

/** A parser under test, and the files to mutate. */
export interface Target {
  readonly seeds: readonly Buffer[]
  /** How many inputs per seed fill the target's share of a minute. */
  readonly inputs: number
  /** Reads an input; may return a promise. */
  readonly run: (input: Buffer) => unknown
}

/** An effect that no input may have. */
export interface Find {
  readonly kind: 'throw' | 'slice' | 'memory' | 'unsettled'
  readonly what: string
}

/** CPU time that a parser may use without yielding, in milliseconds, on a machine that is neither slow nor busy. */
const SLICE = 50
/** Memory that it may use, in bytes. */
const MEMORY = 100 * 2 ** 20
/** How often a long slice or memory growth must recur: once may be the compiler, or garbage from earlier inputs. */
const LOOKS = 5
/** How long a promise may take to settle, in milliseconds: parsers wait for nothing external. */
const SETTLES = 120_000

setFlagsFromString('--expose-gc')
/** Frees earlier garbage, so that no collection falls into a measurement. */
export const collectGarbage = runInNewContext('gc') as () => void

/** The fault in reading an input; `undefined` if there is none. */
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
  // Measured before anything can free it.
  const now = isExact ? exactPeak() : process.resourceUsage().maxRSS * 1024
  const grown = Math.max(now > peak || isExact ? now - rss : 0, process.memoryUsage.rss() - rss)
  // Measured only when it matters: it takes as long as most inputs.
  if (slices.longest > SLICE && slices.longest > SLICE * slowness())
    return { kind: 'slice', what: `a slice of ${slices.longest.toFixed(0)} ms of CPU` }
  return grown > MEMORY
    ? { kind: 'memory', what: `memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB` }
    : undefined
}

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise

/** Measures the CPU time of each slice that blocks the event loop. */
class Slices {
  longest = 0
  #elapsed = cpuTime()

  lap(): void {
    this.longest = Math.max(this.longest, this.#elapsed())
    this.#elapsed = cpuTime()
  }

  /** Waits until it settles; rejects as it does. Resolves with whether it settled in time. */
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

/** Resets the kernel's peak of this process's memory to the present value. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // On other systems only the memory left at the end is visible.
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
