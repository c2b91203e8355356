import { readFileSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The path of a program in `test/fixtures` that stands in for ffmpeg. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url))
}

/** Whether a process with this id exists, even as a zombie. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Whether a process that is not a child of this one has ended: its new parent reaps it at some time. */
export function isGone(pid: number): boolean {
  try {
    return /\) [XZ] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/** Whether a process stands still: every thread of it, after SIGSTOP. */
export function isStopped(pid: number): boolean {
  return threadsOf(pid).every(thread => /\) [TXZ] /.test(read(`/proc/${pid}/task/${thread}/stat`)))
}

/** Whether a process has ended, or waits in every thread of it. */
export function isWaiting(pid: number): boolean {
  return threadsOf(pid).every(thread => /\) [SXZ] /.test(read(`/proc/${pid}/task/${thread}/stat`)))
}

/**
 * The command line of a process; empty if it has ended. A program of a tree of Debian packages is named after the loader
 * that runs it, so that its own name is only here.
 */
export function commandLine(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0')
}

/** The processes that a process has started, and that are alive. */
export function childrenOf(pid: number): number[] {
  const lists = threadsOf(pid).map(thread => read(`/proc/${pid}/task/${thread}/children`))
  return lists.flatMap(list => list.split(' ').filter(Boolean).map(Number)).filter(child => !isGone(child))
}

/** The processes that a process has started, and those that they have. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap(child => [child, ...descendantsOf(child)])
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    // It has ended.
    return ''
  }
}

/**
 * Sends a signal to a process that may have ended: looked at before, it can end before the signal.
 *
 * @throws RangeError if the pid is invalid: to kill(2), 0 means the whole process group, which includes all tests
 */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  if (!(Number.isInteger(pid) && pid > 0)) throw new RangeError(`${pid} is not a process id`)
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Ends a process that may have ended. */
export function endProcess(pid: number): void {
  signalProcess(pid, 'SIGKILL')
}

const KINDS = ['PipeWrap', 'ProcessWrap', 'Timeout', 'TCPServerWrap', 'TCPSocketWrap']

/**
 * Counts the resources that keep this process alive or belong to a child: pipes, processes, timers, servers, sockets.
 */
export function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (KINDS.includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/**
 * The resources that exist now but not `before`: resolves once there are none, or after five seconds, because closing
 * takes some turns of the event loop, and many on a busy machine. Resources that an earlier test was still closing may
 * have gone meanwhile.
 */
export async function resourcesSince(before: Record<string, number>): Promise<Record<string, number>> {
  const since = () =>
    Object.fromEntries(Object.entries(resources()).filter(([kind, count]) => count > (before[kind] ?? 0)))
  // Not by a timer, which would be one of them.
  for (const end = Date.now() + 5000; Date.now() < end && Object.keys(since()).length > 0;)
    await setImmediate()
  return since()
}
