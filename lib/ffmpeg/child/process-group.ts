import { readFile, readdir } from 'node:fs/promises'

/**
 * The group of processes that a child leads: itself, and whatever it started and did not send away. A wrapper script
 * without `exec` is such a child, and ffmpeg the other member.
 *
 * A group may be signalled by its number as long as its leader has not been reaped. Afterwards the number may be
 * another's: Linux gives it away once the last member is gone. So what is left then is looked up by name, and only
 * members that began before the leader's end count, which proves that the group was never empty.
 */

/** Ticks of the clock that `/proc` states times in, a second. Linux shows 100 to programs, whatever its own. */
const TICKS = 100

/** How far apart two processes of the same number must be: no system gives away all its numbers in two seconds. */
const SLACK = 2

/** Sends a signal to all members of a group; returns whether there was one. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-leader, signal)
  } catch {
    return false
  }
}

/**
 * The members of a group that have outlived its leader. None where the system has no `/proc`.
 *
 * @param leader - the process id that the leader had
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
  /** When it began, in ticks. */
  readonly began: number
}

/** proc_pid_stat(5). The name, in parentheses, may hold spaces and parentheses. */
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
