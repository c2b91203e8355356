import { existsSync, readFileSync } from 'node:fs'

/** Ticks per second in `/proc`: the same on every Linux, whatever the kernel's own clock. */
const TICKS = 100
/** Position of `cutime` behind the name of the program; `cstime` is next (proc_pid_stat(5)). */
const CHILDREN = 13
const STAT = '/proc/self/stat'

/**
 * CPU seconds of this process and of all processes it has started that have ended, user and system. Node reports only its
 * own, so those of ffmpeg come from `/proc`, to a hundredth of a second.
 */
export function treeCpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6 + childCpu()
}

/** CPU seconds of the processes that this one has started and that have ended; NaN on a system without `/proc`. */
export function childCpu(): number {
  if (!existsSync(STAT)) return NaN
  const stat = readFileSync(STAT, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[CHILDREN]) + Number(fields[CHILDREN + 1])) / TICKS
}
