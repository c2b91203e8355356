import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The path of a program in `test/fixtures` that stands in for ffmpeg. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url))
}

/** Whether a process of that id exists, be it only as a zombie that nobody has waited for. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Whether a process that is not our child has ended: its new parent reaps it in its own time. */
export function isGone(pid: number): boolean {
  try {
    return /\) [XZ] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/**
 * Ends a process that may have ended.
 *
 * @throws RangeError for what is no process's id: to kill(2), 0 means the whole group, which is that of all the tests
 */
export function endProcess(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (!(Number.isInteger(pid) && pid > 0)) throw new RangeError(`${pid} is no process's id`)
  if (!isGone(pid)) process.kill(pid, signal)
}

const KINDS = ['PipeWrap', 'ProcessWrap', 'Timeout', 'TCPServerWrap', 'TCPSocketWrap']

/** What keeps this process alive or holds on to a child: pipes, processes, timers, servers, sockets, by count. */
export function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (KINDS.includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/**
 * What there is now and was not `before`, as soon as that is nothing, or after a hundred turns of the event loop:
 * closing takes a few. What an earlier test was still letting go of may be gone meanwhile.
 */
export async function resourcesSince(before: Record<string, number>): Promise<Record<string, number>> {
  const since = () =>
    Object.fromEntries(Object.entries(resources()).filter(([kind, count]) => count > (before[kind] ?? 0)))
  for (let turn = 0; turn < 100 && Object.keys(since()).length > 0; turn++) await setImmediate()
  return since()
}
