import { readFileSync } from 'node:fs'

/** Milliseconds of a tick in `/proc`: Linux shows 100 ticks a second to programs, whatever its own rate. */
const TICK = 10

/** Where the fields of proc_pid_stat(5) lie behind the name: user and system time of all threads. */
const UTIME = 11
const STIME = 12

/**
 * The CPU time that a process has used, in milliseconds, by `/proc`.
 *
 * @returns `undefined` on other systems, and for a process that is gone
 */
export function processTime(pid: number): number | undefined {
  let text
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The name, in parentheses, may contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[UTIME]) + Number(fields[STIME])
  return Number.isFinite(ticks) ? ticks * TICK : undefined
}
