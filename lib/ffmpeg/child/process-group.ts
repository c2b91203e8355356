import { readFile, readdir } from 'node:fs/promises'

/**
 * The process group that a child leads: the child, and the processes that it started and did not detach. A wrapper
 * script without `exec` is such a leader, and ffmpeg the other member.
 *
 * A group may be signalled by its id until its leader is reaped. Afterwards the id may belong to another group: Linux
 * reuses it once the last member is gone. So survivors are found through `/proc`, and only members that started before
 * the leader's end count, which proves that the group was never empty.
 */

/** Ticks per second in `/proc`. Linux shows 100 to programs, whatever its own rate. */
const TICKS = 100

/** Minimum seconds between two processes of the same id: no system uses up all ids in two seconds. */
const SLACK = 2

/** Signals all members of a group; returns whether there were any. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-leader, signal)
  } catch {
    return false
  }
}

/**
 * The members of a group that outlived its leader. None on a system without `/proc`.
 *
 * @param leader - the leader's process id
 * @param endedAt - when it ended, by `process.uptime()`
 */
export async function survivorsOf(leader: number, endedAt: number): Promise<readonly number[]> {
  const own = await readStat('self')
  if (own === undefined) return []
  const latest = own.began + (endedAt + SLACK) * TICKS
  const names = await readdir('/proc').catch(() => [])
  const stats = await Promise.all(names.filter(name => /^\d+$/.test(name)).map(readStat))
  return stats.flatMap(stat =>
    stat !== undefined && stat.group === leader && !stat.isDead && stat.began <= latest ? [stat.pid] : [],
  )
}

interface Stat {
  readonly pid: number
  readonly group: number
  readonly isDead: boolean
  /** Start time, in ticks. */
  readonly began: number
}

/** proc_pid_stat(5). The name, in parentheses, may contain spaces and parentheses. */
async function readStat(name: string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '')
  const end = text.lastIndexOf(')')
  if (end < 0) return undefined
  const fields = text.slice(end + 2).split(' ')
  return {
    pid: Number.parseInt(text, 10),
    group: Number(fields[2]),
    isDead: fields[0] === 'Z' || fields[0] === 'X',
    began: Number(fields[19]),
  }
}
