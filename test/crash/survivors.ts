import { readFileSync, readdirSync } from 'node:fs'

/** Bit of SIGKILL in a mask of signals. */
const SIGKILL = 1n << 8n

/** The processes below `pid`, whatever their session. */
export function descendants(pid: number): number[] {
  const children = textOf(pid, `task/${pid}/children`).trim()
  const pids = children === '' ? [] : children.split(' ').map(Number)
  return pids.flatMap(child => [child, ...descendants(child)])
}

/**
 * The children of a process that was killed, by the kernel's word: who is there, since when, and how much of that time it
 * stood in line for a processor. On a machine that is busy a process that is to end waits for its turn like any other, which
 * says nothing of the process; so that wait is not counted.
 */
export class Survivors {
  readonly #mark: string
  readonly #below: readonly number[]
  readonly #began = performance.now()
  /** Where each process stood when it was first seen, in milliseconds of waiting. */
  readonly #waited = new Map<number, number>()
  #pids: readonly number[] = []
  #age = 0

  /**
   * To be made just before the kill.
   *
   * @param mark - in the environment of each, whoever its parent is by then: `NAME=value`
   * @param below - those that are known already
   */
  constructor(mark: string, below: readonly number[]) {
    this.#mark = mark
    this.#below = below
    for (const pid of below) this.#waited.set(pid, waitOf(pid))
  }

  /** Those that were there at the last look. */
  get pids(): readonly number[] {
    return this.#pids
  }

  /** How long the last of them was seen to live after the kill, in milliseconds, without what it waited for a processor. */
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
    // Gone, or going.
    return ''
  }
}

function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => textOf(name, 'environ').split('\0').includes(mark))
    .map(Number)
}

/** Time that it was ready to run and did not, in milliseconds (second field of schedstat, where the kernel counts it). */
function waitOf(pid: number): number {
  return Number(textOf(pid, 'schedstat').split(' ')[1] ?? 0) / 1e6
}

/**
 * Whether it will do anything any more: not one that is dead and that nobody has asked about yet (Z, X), has given its
 * memory back, or has been sent a SIGKILL, of which it has not heard so far.
 */
function isRunning(pid: number): boolean {
  const status = textOf(pid, 'status')
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1]
  const state = field('State')
  if (state === undefined || /[ZX]/.test(state) || field('VmSize') === undefined) return false
  const pending = ['SigPnd', 'ShdPnd'].map(name => BigInt(`0x${field(name) ?? '0'}`))
  return pending.every(mask => (mask & SIGKILL) === 0n)
}
