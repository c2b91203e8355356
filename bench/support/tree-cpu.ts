import { readFileSync } from 'node:fs'

/** Ticks per second in `/proc`: the same on every Linux, whatever the kernel's own clock. */
const TICKS = 100
/** Position of `cutime` behind the name of the program; `cstime` is next (proc_pid_stat(5)). */
const CHILDREN = 13

/**
 * CPU seconds of this process and of all processes it has started that have ended, user and system. Node reports only its
 * own, so those of ffmpeg come from `/proc`, to a hundredth of a second.
 */
export function treeCpu(): number {
  const { user, system } = process.cpuUsage()
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const children = Number(fields[CHILDREN]) + Number(fields[CHILDREN + 1])
  return (user + system) / 1e6 + children / TICKS
}
