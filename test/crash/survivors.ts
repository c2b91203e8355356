import { readFileSync, readdirSync } from 'node:fs'

/** Bit of SIGKILL in a mask of signals. */
const SIGKILL = 1n << 8n

/** The descendants of `pid`, in any session. */
export function descendants(pid: number): number[] {
  const children = textOf(pid, `task/${pid}/children`).trim()
  const pids = children === '' ? [] : children.split(' ').map(Number)
  return pids.flatMap(child => [child, ...descendants(child)])
}

/**
 * The children of a killed process, from the kernel's records: which are alive, since when, and how long each waited
 * for a processor. On a busy machine a dying process waits for its turn like any other, so that time does not count.
 */
export class Survivors {
  readonly #mark: string
  readonly #below: readonly number[]
  readonly #began = performance.now()
  /** Each process's waiting time at the first look, in milliseconds. */
  readonly #waited = new Map<number, number>()
  #pids: readonly number[] = []
  #age = 0

  /**
   * Create it just before the kill.
   *
   * @param mark - an entry of each child's environment, which survives a change of parent: `NAME=value`
   * @param below - known processes
   */
  constructor(mark: string, below: readonly number[]) {
    this.#mark = mark
    this.#below = below
    for (const pid of below) this.#waited.set(pid, waitOf(pid))
  }

  /** The processes alive at the last look. */
  get pids(): readonly number[] {
    return this.#pids
  }

  /** The longest observed life after the kill, in milliseconds, without time spent waiting for a processor. */
  get age(): number {
    return this.#age
  }

  /** Looks again; returns whether any is left. */
  look(): boolean {
    const now = performance.now() - this.#began
    this.#pids = [...new Set([...this.#below, ...marked(this.#mark)])].filter(isRunning)
    for (const pid of this.#pids) {
      const wait = waitOf(pid)
      const before = this.#waited.get(pid) ?? wait
      this.#waited.set(pid, before)
      this.#age = Math.max(this.#age, now - (wait - before))
    }
    return this.#pids.length > 0
  }
}

function textOf(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // Gone or dying.
    return ''
  }
}

function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => textOf(name, 'environ').split('\0').includes(mark))
    .map(Number)
}

/** Time spent ready but not running, in milliseconds (second field of schedstat, if the kernel counts it). */
function waitOf(pid: number): number {
  return Number(textOf(pid, 'schedstat').split(' ')[1] ?? 0) / 1e6
}

/**
 * Whether a process can still run: not if it is dead but not yet reaped (Z, X), has released its memory, or has a
 * pending SIGKILL.
 */
function isRunning(pid: number): boolean {
  const status = textOf(pid, 'status')
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1]
  const state = field('State')
  if (state === undefined || /[ZX]/.test(state) || field('VmSize') === undefined) return false
  const pending = ['SigPnd', 'ShdPnd'].map(name => BigInt(`0x${field(name) ?? '0'}`))
  return pending.every(mask => (mask & SIGKILL) === 0n)
}
